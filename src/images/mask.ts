import { ImageError } from "../core/errors.ts";
import { decodeWithLibvips } from "./libvips.ts";
import { DEFAULT_MAX_PIXELS } from "./limits.ts";
import { openImage } from "./open.ts";
import type { Samples } from "./samples.ts";

/**
 * One number for each pixel, rows from the top: 0 is background, every other number names an object (a nucleus, a
 * micronucleus). height * width values.
 */
export interface InstanceMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint16Array;
}

/**
 * An instance mask from a grey PNG or TIFF (its first page), numbers as stored: 8 or 16 bits, or 32 where every number
 * fits in 16. Throws IMAGE_NOT_A_MASK for colour, palettes, lossy formats and numbers that name no object.
 */
export async function readMask(source: string | Uint8Array): Promise<InstanceMask> {
  const image = await openImage(source);
  if (image.format !== "png" && image.format !== "tiff") throw notAMask(image.name, `it is ${image.format}`);
  const { samples } = await decodeWithLibvips(image, 0, DEFAULT_MAX_PIXELS);
  if (samples.channels !== 1) throw notAMask(image.name, `its pixels have ${samples.channels} channels, or a palette`);
  return { width: samples.width, height: samples.height, data: objectNumbers(image.name, samples.data) };
}

function objectNumbers(name: string, values: Samples["data"]): Uint16Array {
  if (values instanceof Uint16Array) return values;
  const numbers = Uint16Array.from(values);
  const changed = numbers.findIndex((number, index) => number !== values[index]);
  if (changed >= 0) throw notAMask(name, `pixel ${changed} has the value ${values[changed]}`);
  return numbers;
}

function notAMask(name: string, reason: string): ImageError {
  return new ImageError(
    "IMAGE_NOT_A_MASK",
    `The image ${name} is no instance mask: ${reason}. Expected a grey PNG or TIFF whose pixels are whole numbers ` +
      `from 0 to 65535, 0 for background.`,
  );
}
