import type { RandomStream } from "../core/random.ts";
import type { Affine } from "./affine.ts";
import { drawFrom, type Range } from "./range.ts";

export interface ShearRanges {
  readonly degrees: Range;
}

/** A horizontal shear about the centre: x' = x + y tan(degrees). Areas are kept. */
export interface Shear {
  readonly degrees: number;
}

export function drawShear(stream: RandomStream, ranges: ShearRanges): Shear {
  return { degrees: drawFrom(stream, ranges.degrees) };
}

export function shearAffine({ degrees }: Shear): Affine {
  return [1, Math.tan((degrees * Math.PI) / 180), 0, 0, 1, 0];
}
