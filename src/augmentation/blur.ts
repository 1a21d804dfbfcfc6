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
  const { width, height, channels } = image;
  const kernel = gaussianKernel(sigmaPixels);
  const rowStep = width * channels;
  const across = convolve(image.data, kernel, {
    count: width,
    step: channels,
    otherStep: rowStep,
    others: height,
    channels,
  });
  const both = convolve(across, kernel, { count: height, step: rowStep, otherStep: channels, others: width, channels });
  return { ...image, data: Uint8Array.from(both, (value) => value + 0.5) };
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

/** How to walk an image along one axis: `count` samples `step` apart, on each of `others` lines `otherStep` apart. */
interface Axis {
  readonly count: number;
  readonly step: number;
  readonly others: number;
  readonly otherStep: number;
  readonly channels: number;
}

function convolve(data: Uint8Array | Float32Array, kernel: Float64Array, axis: Axis): Float32Array {
  const { count, step, others, otherStep, channels } = axis;
  const radius = (kernel.length - 1) / 2;
  const padded = Int32Array.from({ length: count + 2 * radius }, (_, index) => mirror(index - radius, count) * step);
  const result = new Float32Array(data.length);
  for (let other = 0; other < others; other++)
    for (let channel = 0; channel < channels; channel++) {
      const start = other * otherStep + channel;
      for (let at = 0; at < count; at++) {
        let sum = 0;
        for (let tap = 0; tap < kernel.length; tap++) sum += kernel[tap]! * data[start + padded[at + tap]!]!;
        result[start + at * step] = sum;
      }
    }
  return result;
}
