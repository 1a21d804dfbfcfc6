import type { RandomStream } from "../core/random.ts";
import type { Affine } from "./affine.ts";
import { drawFrom, type Range } from "./range.ts";

export interface ScalingRanges {
  readonly factor: Range;
}

/** Enlargement about the image's centre: areas grow by factor squared; above 1 the margins leave the view. */
export interface Scaling {
  readonly factor: number;
}

export function drawScaling(stream: RandomStream, ranges: ScalingRanges): Scaling {
  return { factor: drawFrom(stream, ranges.factor) };
}

export function scalingAffine({ factor }: Scaling): Affine {
  return [factor, 0, 0, 0, factor, 0];
}
