import type { RandomStream } from "../core/random.ts";
import { drawFrom, type Range } from "./range.ts";

export interface GammaRanges {
  readonly exponent: Range;
}

/** v -> v ^ exponent: above 1 darkens the middle tones. */
export interface Gamma {
  readonly exponent: number;
}

export function drawGamma(stream: RandomStream, ranges: GammaRanges): Gamma {
  return { exponent: drawFrom(stream, ranges.exponent) };
}

/** value in [0, 1]; what other changes made of it outside counts as 0 or 1. */
export function applyGamma({ exponent }: Gamma, value: number): number {
  return Math.min(1, Math.max(0, value)) ** exponent;
}
