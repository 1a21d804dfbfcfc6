import { ImageError } from "../core/errors.ts";
import type { RasterImage } from "./raster.ts";

/** A rectangle of whole pixels; left and top are those of its first pixel, counted from 0. */
export interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The pixels of the box, copied. Throws IMAGE_CROP_OUTSIDE unless the whole box lies in the image. */
export function cropImage(image: RasterImage, { left, top, width, height }: PixelBox): RasterImage {
  const whole = [left, top, width, height].every(Number.isInteger);
  const inside = left >= 0 && top >= 0 && left + width <= image.width && top + height <= image.height;
  if (!whole || !inside || width < 1 || height < 1)
    throw new ImageError(
      "IMAGE_CROP_OUTSIDE",
      `The box left ${left}, top ${top}, ${width} x ${height} does not lie in the image of ` +
        `${image.width} x ${image.height} pixels. Expected whole numbers and a box within the image.`,
    );
  const { channels } = image;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), y * width * channels);
  }
  return { width, height, channels, data };
}
