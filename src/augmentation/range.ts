import type { RandomStream } from "../core/random.ts";

/** A closed range of values, [low, high], from which one is drawn uniformly. */
export type Range = readonly [low: number, high: number];

/** Uniform in the range. */
export function drawFrom(stream: RandomStream, [low, high]: Range): number {
  return stream.uniform(low, high);
}
