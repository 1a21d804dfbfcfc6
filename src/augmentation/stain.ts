import type { RandomStream } from "../core/random.ts";
import { drawFrom, type Range } from "./range.ts";

export interface StainRanges {
  readonly strength: Range;
}

/**
 * Strength of the stain in red, green and blue: the optical density -log(v) of each channel is multiplied by its
 * strength (Beer-Lambert: v -> v ^ strength), so that white background stays white. For bright-field colour images;
 * it would tint a grey image that is stored as three channels, and a grey image of one channel takes the first.
 */
export interface Stain {
  readonly strength: readonly [red: number, green: number, blue: number];
}

export function drawStain(stream: RandomStream, { strength }: StainRanges): Stain {
  const red = drawFrom(stream, strength);
  const green = drawFrom(stream, strength);
  const blue = drawFrom(stream, strength);
  return { strength: [red, green, blue] };
}

/** value in [0, 1]; what other changes made of it outside counts as 0 or 1. */
export function restain({ strength }: Stain, value: number, channel: number): number {
  return Math.min(1, Math.max(0, value)) ** strength[channel]!;
}
