import type { Sharp } from "sharp";
import type { InstanceMask } from "./mask.ts";
import type { RasterImage } from "./raster.ts";
import { sharp } from "./sharp.ts";

/** A lossless 8-bit PNG, grey or RGB as the image is. */
export async function encodePng(image: RasterImage): Promise<Uint8Array> {
  return await bytesOf(pipelineOf(image).png());
}

/** A JPEG without chroma subsampling; quality 1..100. */
export async function encodeJpeg(image: RasterImage, quality = 90): Promise<Uint8Array> {
  return await bytesOf(pipelineOf(image).jpeg({ quality, chromaSubsampling: "4:4:4" }));
}

/** An instance mask as a lossless 16-bit grey PNG. */
export async function encodePng16(mask: InstanceMask): Promise<Uint8Array> {
  const raw = { width: mask.width, height: mask.height, channels: 1 } as const;
  return await bytesOf(sharp(mask.data, { raw }).toColourspace("grey16").png());
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

/** The encoded file, as a plain Uint8Array with memory of its own. */
async function bytesOf(pipeline: Sharp): Promise<Uint8Array> {
  return new Uint8Array(await pipeline.toBuffer());
}
