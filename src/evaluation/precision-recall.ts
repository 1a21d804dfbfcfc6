import { type Ranking, rankByScore } from "./ranking.ts";

export interface PrecisionRecallCurve {
  /** Share of the called cells that are positive, at each threshold. */
  readonly precision: readonly number[];
  /** Share of the positives that are called, rising to 1. */
  readonly recall: readonly number[];
  /** The distinct scores, falling. */
  readonly thresholds: readonly number[];
}

/**
 * Precision and recall with the threshold at each distinct score, from the highest score to the lowest.
 * Throws NO_CELLS or SCORE_NOT_FINITE. Without positives recall has no meaning and is 0 throughout.
 */
export function precisionRecallCurve(scores: ArrayLike<number>, positives: readonly boolean[]): PrecisionRecallCurve {
  return precisionRecallCurveOf(rankByScore(scores, positives));
}

/** `precisionRecallCurve` of cells that are ranked already. */
export function precisionRecallCurveOf(ranking: Ranking): PrecisionRecallCurve {
  const [precision, recall, thresholds]: [number[], number[], number[]] = [[], [], []];
  let rank = 0;
  let truePositives = 0;
  for (const end of ranking.levelEnds) {
    for (; rank < end; rank++) truePositives += ranking.positiveAtRank[rank] as number;
    precision.push(truePositives / end);
    recall.push(ranking.positives === 0 ? 0 : truePositives / ranking.positives);
    thresholds.push(ranking.scoreAtRank[end - 1] as number);
  }
  return { precision, recall, thresholds };
}

/**
 * Average precision: the step sum over recall, not the trapezoidal area (which is too hopeful).
 *
 *   AP = sum over the distinct scores, falling, of (R_n - R_{n-1}) P_n
 *
 * Cells of exactly equal score enter together. In [0, 1]; 0 without positives, as in scikit-learn (whose
 * `average_precision_score` this equals). Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function averagePrecision(scores: ArrayLike<number>, positives: readonly boolean[]): number {
  const ranking = rankByScore(scores, positives);
  return weightedAveragePrecision(ranking, new Float64Array(ranking.cells).fill(1)) ?? 0;
}

/** `averagePrecision` of cells that count `weights[rank]` times; null where the positives have no weight. */
export function weightedAveragePrecision(ranking: Ranking, weights: Float64Array): number | null {
  const { positiveAtRank, levelEnds } = ranking;
  let [truePositives, called, sum, rank] = [0, 0, 0, 0];
  for (const end of levelEnds) {
    let levelPositives = 0;
    for (; rank < end; rank++) {
      const weight = weights[rank] as number;
      called += weight;
      if (positiveAtRank[rank] === 1) levelPositives += weight;
    }
    if (levelPositives === 0) continue;
    truePositives += levelPositives;
    sum += (levelPositives * truePositives) / called;
  }
  return truePositives > 0 ? sum / truePositives : null;
}
