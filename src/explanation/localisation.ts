import { EvaluationError } from "../core/errors.ts";

/** How well a map points at what a person marked. */
export interface Localisation {
  /** Pointing game: the greatest value lies inside the mask (Zhang et al. 2018). */
  readonly hit: boolean;
  /** Share of the map's sum that lies inside the mask. */
  readonly energy: number;
  /** Intersection over union of the mask with the places of at least half of the greatest value. */
  readonly iou: number;
  /** Share of the image that the mask covers: the energy of an even map. */
  readonly maskShare: number;
}

/**
 * Localisation scores of a map A >= 0 against a mask M of the same size (STATISTICS.md, 16):
 *
 *   hit = argmax(A) in M     energy = sum_M A / sum A     IoU = |M and H| / |M or H|, H = {A >= max(A) / 2}
 *
 * Throws MASK_SIZE where the sizes differ and MASK_EMPTY where nothing is marked.
 */
export function measureLocalisation(map: ArrayLike<number>, mask: ArrayLike<number>): Localisation {
  if (map.length !== mask.length) {
    throw new EvaluationError(
      "MASK_SIZE",
      `The mask has ${mask.length} pixels and the attention map ${map.length}. Give masks of the size of their images.`,
    );
  }
  let [peak, total, inside, marked] = [0, 0, 0, 0];
  for (let pixel = 0; pixel < map.length; pixel++) {
    const value = map[pixel] as number;
    if (value > (map[peak] as number)) peak = pixel;
    total += value;
    if (mask[pixel] === 0) continue;
    inside += value;
    marked++;
  }
  if (marked === 0) {
    throw new EvaluationError(
      "MASK_EMPTY",
      "This mask marks no pixel, so there is nothing to point at. Leave the cell out.",
    );
  }
  const threshold = (map[peak] as number) / 2;
  let [intersection, union] = [0, 0];
  for (let pixel = 0; pixel < map.length; pixel++) {
    const isHigh = (map[pixel] as number) >= threshold;
    const isMarked = mask[pixel] !== 0;
    if (isHigh && isMarked) intersection++;
    if (isHigh || isMarked) union++;
  }
  return {
    hit: mask[peak] !== 0,
    energy: total === 0 ? 0 : inside / total,
    iou: intersection / union,
    maskShare: marked / map.length,
  };
}

/** Localisation over many cells: means, beside what chance would give. */
export interface LocalisationSummary {
  readonly cells: number;
  /** Share of cells whose peak lies in the mask. */
  readonly pointing: number;
  readonly energy: number;
  readonly iou: number;
  /**
   * The mean share of the image that is marked: the expected pointing rate of a peak at random, and the energy and the
   * IoU of an even map.
   */
  readonly chance: number;
}

/** Means over cells, or weighted means where `weights` gives each cell one; null where there is no weight. */
export function summariseLocalisation(
  measured: readonly Localisation[],
  weights: ArrayLike<number> = new Float64Array(measured.length).fill(1),
): LocalisationSummary | null {
  const total = measured.reduce((sum, _, cell) => sum + (weights[cell] as number), 0);
  if (total === 0) return null;
  const mean = (value: (one: Localisation) => number) =>
    measured.reduce((sum, one, cell) => sum + (weights[cell] as number) * value(one), 0) / total;
  return {
    cells: measured.length,
    pointing: mean(({ hit }) => (hit ? 1 : 0)),
    energy: mean(({ energy }) => energy),
    iou: mean(({ iou }) => iou),
    chance: mean(({ maskShare }) => maskShare),
  };
}

/**
 * Deletion score: the area under the probability while the places of a map are blotted out, the greatest first (Petsiuk
 * et al. 2018), by the trapezoid rule over shares of the image from 0 to 1. Lower is better: a good map's first places
 * carry the decision.
 *
 * probabilities: at equal steps from nothing to everything deleted, at least 2
 */
export function deletionScore(probabilities: readonly number[]): number {
  const steps = probabilities.length - 1;
  const inner = probabilities.slice(1, -1).reduce((sum, value) => sum + value, 0);
  return ((probabilities[0] as number) / 2 + inner + (probabilities[steps] as number) / 2) / steps;
}
