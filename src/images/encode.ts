import sharp, { type Sharp } from "sharp";
import type { RasterImage } from "./raster.ts";

/** A lossless 8-bit PNG, grey or RGB as the image is. */
export async function encodePng(image: RasterImage): Promise<Uint8Array> {
  return plain(await pipelineOf(image).png().toBuffer());
}

/** A JPEG without chroma subsampling; quality 1..100. */
export async function encodeJpeg(image: RasterImage, quality = 90): Promise<Uint8Array> {
  return plain(await pipelineOf(image).jpeg({ quality, chromaSubsampling: "4:4:4" }).toBuffer());
}

/** An instance mask as a 16-bit grey PNG; `data` holds height * width numbers, 0 = background. */
export async function encodePng16(mask: { width: number; height: number; data: Uint16Array }): Promise<Uint8Array> {
  const raw = { width: mask.width, height: mask.height, channels: 1 } as const;
  return plain(await sharp(mask.data, { raw }).toColourspace("grey16").png().toBuffer());
}

/** Three equal channels from a grey image; an RGB image is returned as it is. */
export function toRgb(image: RasterImage): RasterImage {
  if (image.channels === 3) return image;
  const { width, height } = image;
  const data = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) data.fill(image.data[pixel]!, pixel * 3, pixel * 3 + 3);
  return { width, height, channels: 3, data };
}

function pipelineOf({ width, height, channels, data }: RasterImage): Sharp {
  return sharp(data, { raw: { width, height, channels } }).toColourspace(channels === 1 ? "b-w" : "srgb");
}

/** A plain view of a Buffer's bytes, which is what crosses to a worker or a file. */
function plain({ buffer, byteOffset, byteLength }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
