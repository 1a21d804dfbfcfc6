import type { RandomStream } from "../core/random.ts";
import type { Affine } from "./affine.ts";

export interface FlipRanges {
  readonly horizontalProbability: number;
  readonly verticalProbability: number;
}

/** `horizontal` mirrors left and right, `vertical` top and bottom. */
export interface Flip {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

export function drawFlip(stream: RandomStream, ranges: FlipRanges): Flip {
  const horizontal = stream.chance(ranges.horizontalProbability);
  const vertical = stream.chance(ranges.verticalProbability);
  return { horizontal, vertical };
}

export function flipAffine({ horizontal, vertical }: Flip): Affine {
  return [horizontal ? -1 : 1, 0, 0, 0, vertical ? -1 : 1, 0];
}
