import type { RandomStream } from "../core/random.ts";
import { drawFrom, type Range } from "./range.ts";

export interface BrightnessRanges {
  readonly factor: Range;
}

/** Exposure: every value is multiplied by `factor`. */
export interface Brightness {
  readonly factor: number;
}

export function drawBrightness(stream: RandomStream, ranges: BrightnessRanges): Brightness {
  return { factor: drawFrom(stream, ranges.factor) };
}

/** value in [0, 1], not clipped. */
export function brighten({ factor }: Brightness, value: number): number {
  return value * factor;
}
