import type { RandomStream } from "../core/random.ts";
import { drawFrom, type Range } from "./range.ts";

export interface ContrastRanges {
  readonly factor: Range;
}

/** Differences from the image's mean are multiplied by `factor`. */
export interface Contrast {
  readonly factor: number;
}

export function drawContrast(stream: RandomStream, ranges: ContrastRanges): Contrast {
  return { factor: drawFrom(stream, ranges.factor) };
}

/** value and mean (of all pixels and channels) in [0, 1]; the result is not clipped. */
export function changeContrast({ factor }: Contrast, value: number, mean: number): number {
  return mean + (value - mean) * factor;
}
