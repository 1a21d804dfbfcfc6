import type { RandomStream } from "../core/random.ts";
import type { Affine } from "./affine.ts";
import { drawFrom, type Range } from "./range.ts";

/** Fractions of the image's width and of its height. */
export interface TranslationRanges {
  readonly x: Range;
  readonly y: Range;
}

/** A shift to the right and downwards, in fractions of the width and of the height. */
export interface Translation {
  readonly x: number;
  readonly y: number;
}

export function drawTranslation(stream: RandomStream, ranges: TranslationRanges): Translation {
  const x = drawFrom(stream, ranges.x);
  const y = drawFrom(stream, ranges.y);
  return { x, y };
}

export function translationAffine({ x, y }: Translation, width: number, height: number): Affine {
  return [1, 0, x * width, 0, 1, y * height];
}
