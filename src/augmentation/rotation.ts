import type { RandomStream } from "../core/random.ts";
import type { Affine } from "./affine.ts";
import { drawFrom, type Range } from "./range.ts";

export interface RotationRanges {
  readonly degrees: Range;
}

/** A turn about the image's centre; positive is anticlockwise on the screen. */
export interface Rotation {
  readonly degrees: number;
}

export function drawRotation(stream: RandomStream, ranges: RotationRanges): Rotation {
  return { degrees: drawFrom(stream, ranges.degrees) };
}

/** The rotation as a map; exact at multiples of 90 degrees. */
export function rotationAffine({ degrees }: Rotation): Affine {
  const cosine = cosineOfDegrees(degrees);
  const sine = cosineOfDegrees(degrees - 90);
  return [cosine, sine, 0, -sine, cosine, 0];
}

/** Math.cos(Math.PI / 2) is 6e-17 and not 0, which would cost quarter turns their exactness. */
function cosineOfDegrees(degrees: number): number {
  const quarters = degrees / 90;
  if (!Number.isInteger(quarters)) return Math.cos((degrees * Math.PI) / 180);
  return [1, 0, -1, 0][((quarters % 4) + 4) % 4]!;
}
