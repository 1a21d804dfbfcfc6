import { type ReadImageOptions, readImage } from "./decode.ts";
import type { RasterImage } from "./raster.ts";

/** What the network takes: PAPER.md, 224 x 224. */
const NETWORK_SIDE = 224;

/**
 * One image file as the network gets it: decoded and resized to side x side, its proportions not kept (cells are cut
 * square). Options as for `readImage`.
 */
export async function prepareCell(
  source: string | Uint8Array,
  side: number = NETWORK_SIDE,
  options: ReadImageOptions = {},
): Promise<RasterImage> {
  return resizeImage(await readImage(source, options), side, side);
}

/**
 * Bicubic resampling, separable, borders clamped; where it shrinks, the kernel widens so that nothing is skipped
 * (antialiasing, as Pillow and torchvision do). An image that already has the size is returned as it is.
 *
 *   k(t) = (a + 2)|t|^3 - (a + 3)|t|^2 + 1          |t| < 1
 *   k(t) = a|t|^3 - 5a|t|^2 + 8a|t| - 4a        1 <= |t| < 2,   a = -0.5
 *
 * Keys 1981, "Cubic convolution interpolation for digital image processing". Computed here
 * because libvips 8.18 shifts an enlarged image by half a pixel of the result; a cell also takes a third of its time, and
 * every processor gives the same bytes.
 */
export function resizeImage(image: RasterImage, width: number, height: number): RasterImage {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new Error(`resizeImage needs a whole width and height of at least 1, got ${width} x ${height}.`);
  if (image.width === width && image.height === height) return image;
  const { channels } = image;
  const narrowed = resizeRows(image.data, image.width, image.height, channels, tapsOf(image.width, width));
  const data = resizeColumns(narrowed, width * channels, tapsOf(image.height, height));
  return { width, height, channels, data };
}

/** For output i: weights[i * count .. + count] on the inputs from first[i] on; each output's weights add up to 1. */
interface Taps {
  readonly count: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

/** Which inputs make each of `outputSize` outputs: output i lies at (i + 0.5) * inputSize / outputSize - 0.5. */
function tapsOf(inputSize: number, outputSize: number): Taps {
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1);
  const count = Math.min(Math.ceil(4 * stretch), inputSize);
  const first = new Int32Array(outputSize);
  const weights = new Float32Array(outputSize * count);
  for (let output = 0; output < outputSize; output++) {
    const centre = (output + 0.5) * scale - 0.5;
    // The kernel is zero at both ends, so an input that lies exactly on one is left out.
    const nearest = Math.floor(centre - 2 * stretch) + 1;
    first[output] = Math.min(Math.max(nearest, 0), inputSize - count);
    const exact = new Float64Array(count);
    let sum = 0;
    for (let input = nearest; input < centre + 2 * stretch; input++) {
      const weight = cubic((input - centre) / stretch);
      const clamped = Math.min(Math.max(input, 0), inputSize - 1);
      exact[clamped - first[output]!]! += weight;
      sum += weight;
    }
    for (let tap = 0; tap < count; tap++) weights[output * count + tap] = exact[tap]! / sum;
  }
  return { count, first, weights };
}

function cubic(distance: number): number {
  const a = -0.5;
  const t = Math.abs(distance);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

/** data: [height, width, channels] -> [height, outputs, channels] */
function resizeRows(data: Uint8Array, width: number, height: number, channels: number, taps: Taps): Float32Array {
  const { count, first, weights } = taps;
  const outputs = first.length;
  const resized = new Float32Array(height * outputs * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let output = 0; output < outputs; output++) {
      const from = (y * width + first[output]!) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = 0; tap < count; tap++)
          sum += weights[output * count + tap]! * data[from + tap * channels + channel]!;
        resized[at++] = sum;
      }
    }
  }
  return resized;
}

/** data: [height, rowLength] -> [outputs, rowLength], rounded and limited to 0..255 */
function resizeColumns(data: Float32Array, rowLength: number, taps: Taps): Uint8Array {
  const { count, first, weights } = taps;
  const resized = new Uint8ClampedArray(first.length * rowLength);
  const row = new Float64Array(rowLength);
  for (let output = 0; output < first.length; output++) {
    row.fill(0);
    for (let tap = 0; tap < count; tap++) {
      const weight = weights[output * count + tap]!;
      const from = (first[output]! + tap) * rowLength;
      for (let at = 0; at < rowLength; at++) row[at]! += weight * data[from + at]!;
    }
    resized.set(row, output * rowLength);
  }
  return new Uint8Array(resized.buffer);
}
