import { RandomStream } from "../core/random.ts";
import type { RasterImage } from "../images/raster.ts";
import { drawFrom, type Range } from "./range.ts";

/** Grey levels, 0..255. */
export interface NoiseRanges {
  readonly standardDeviation: Range;
}

/** Independent normal noise in every sample. `standardDeviation` in grey levels; `seed`: of its random numbers. */
export interface Noise {
  readonly standardDeviation: number;
  readonly seed: number;
}

export function drawNoise(stream: RandomStream, ranges: NoiseRanges): Noise {
  return { standardDeviation: drawFrom(stream, ranges.standardDeviation), seed: stream.integer(2 ** 32) };
}

export function addNoise(image: RasterImage, { standardDeviation, seed }: Noise): RasterImage {
  const stream = new RandomStream(seed);
  const data = new Uint8ClampedArray(image.data.length);
  for (let index = 0; index < data.length; index++)
    data[index] = image.data[index]! + stream.normal(0, standardDeviation);
  return { ...image, data: new Uint8Array(data.buffer) };
}
