import type { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import { drawFrom, type Range } from "./range.ts";
import { mirror } from "./resample.ts";

export interface BlurRanges {
  readonly sigmaPixels: Range;
}

/** Defocus: a Gaussian of standard deviation `sigmaPixels`, borders mirrored as in resampling. */
export interface Blur {
  readonly sigmaPixels: number;
}

export function drawBlur(stream: RandomStream, ranges: BlurRanges): Blur {
  return { sigmaPixels: drawFrom(stream, ranges.sigmaPixels) };
}

export function blurImage(image: RasterImage, { sigmaPixels }: Blur): RasterImage {
  if (!(sigmaPixels > 0)) return image;
  const { channels, data } = image;
  const kernel = gaussianKernel(sigmaPixels);
  if (channels === 1 || !isGrey(image)) return { ...image, data: blurred(image, kernel) };
  // Grey cells are stored in three equal channels: a third of the work.
  const grey = new Uint8Array(data.length / channels);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = data[pixel * channels]!;
  const one = blurred({ ...image, channels: 1, data: grey }, kernel);
  const all = new Uint8Array(data.length);
  for (let pixel = 0, index = 0; pixel < one.length; pixel++)
    for (let channel = 0; channel < channels; channel++) all[index++] = one[pixel]!;
  return { ...image, data: all };
}

/** Whether all channels are equal. */
function isGrey({ channels, data }: RasterImage): boolean {
  for (let index = 0; index < data.length; index += channels)
    for (let channel = 1; channel < channels; channel++) if (data[index + channel] !== data[index]) return false;
  return true;
}

function blurred({ width, height, channels, data }: RasterImage, kernel: Float64Array): Uint8Array {
  const samples = width * channels;
  const across = new Float32Array(data.length);
  const radius = (kernel.length - 1) / 2;
  const padded = new Float64Array(samples + 2 * radius * channels);
  const columns = Int32Array.from({ length: width + 2 * radius }, (_, at) => mirror(at - radius, width) * channels);
  const sums = new Float64Array(samples);
  for (let row = 0; row < height; row++) {
    const start = row * samples;
    for (let at = 0; at < columns.length; at++)
      for (let channel = 0; channel < channels; channel++)
        padded[at * channels + channel] = data[start + columns[at]! + channel]!;
    sums.fill(0);
    for (let tap = 0; tap < kernel.length; tap++) addScaled(sums, padded, tap * channels, kernel[tap]!);
    across.set(sums, start);
  }
  const both = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    sums.fill(0);
    for (let tap = 0; tap < kernel.length; tap++)
      addScaled(sums, across, mirror(row + tap - radius, height) * samples, kernel[tap]!);
    // As float32, like the first pass.
    for (let at = 0; at < samples; at++) both[row * samples + at] = Math.fround(sums[at]!) + 0.5;
  }
  return both;
}

/** sums[i] += weight * values[from + i]. */
function addScaled(sums: Float64Array, values: Float32Array | Float64Array, from: number, weight: number): void {
  for (let index = 0; index < sums.length; index++) sums[index]! += weight * values[from + index]!;
}

/** Samples of exp(-i^2 / 2 sigma^2) for |i| <= 4 sigma, of sum 1. */
function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.ceil(4 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-((index - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}
