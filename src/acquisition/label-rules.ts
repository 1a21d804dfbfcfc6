import type { CellLabel, CellObservation, MicronucleusInView } from "./cut-field.ts";

/** A micronucleus counts as shown where so much of it is in the window. */
const LEAST_SHARE = 0.6;
const LEAST_PIXELS = 5;

/**
 * Where experts drew every micronucleus and said whose it is: `mn` shows at least one of its own, `normal` has none and none
 * of a neighbour's in view, the rest is `ambiguous`.
 */
export function expertLabel({ own, foreign }: CellObservation): CellLabel {
  if (own.some(({ share, pixelsInView }) => share >= LEAST_SHARE && pixelsInView >= LEAST_PIXELS)) return "mn";
  return own.length === 0 && foreign === 0 ? "normal" : "ambiguous";
}

/**
 * Where nobody labelled micronuclei and small annotated objects stand for them: `mn` only where the objects look like
 * micronuclei and the nucleus like a living one; any doubt is `ambiguous`.
 */
export function derivedLabel(cell: CellObservation): CellLabel {
  const { own, foreign, solidity, relativeIntensity } = cell;
  if (own.length === 0 && foreign === 0) return "normal";
  // Many fragments, a lobed or a condensed nucleus: a dying cell.
  const isAlive = own.length <= 4 && solidity >= 0.88 && relativeIntensity <= 1.8;
  return isAlive && own.some(looksLikeMicronucleus) ? "mn" : "ambiguous";
}

function looksLikeMicronucleus({ object, share, contrast }: MicronucleusInView): boolean {
  const [width, height] = [object.right - object.left, object.bottom - object.top];
  // A disc fills pi / 4 of its bounding square.
  const isRoundish = Math.max(width, height) <= 2 * Math.min(width, height) && object.area >= 0.5 * width * height;
  const isOfSize = object.area >= 9 && object.area <= 110;
  return share >= LEAST_SHARE && isOfSize && isRoundish && contrast >= 0.18 && contrast <= 1.2;
}
