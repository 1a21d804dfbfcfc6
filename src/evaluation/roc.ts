import { type Ranking, rankByScore, requireBothClasses } from "./ranking.ts";

export interface RocCurve {
  /** Share of the negatives with score >= threshold, rising from 0 to 1. */
  readonly falsePositiveRate: readonly number[];
  /** Share of the positives with score >= threshold (sensitivity), rising from 0 to 1. */
  readonly truePositiveRate: readonly number[];
  /** Falling; the first is Infinity (nothing is called positive), the last the lowest score. */
  readonly thresholds: readonly number[];
}

/**
 * Receiver operating characteristic: one point for each distinct score, and (0, 0).
 *
 *   TPR(t) = #(positive, score >= t) / P        FPR(t) = #(negative, score >= t) / N
 *
 * Throws SINGLE_CLASS, NO_CELLS or SCORE_NOT_FINITE.
 */
export function rocCurve(scores: ArrayLike<number>, positives: readonly boolean[]): RocCurve {
  return rocCurveOf(rankByScore(scores, positives));
}

/** `rocCurve` of cells that are ranked already. */
export function rocCurveOf(ranking: Ranking): RocCurve {
  requireBothClasses("A ROC curve", ranking.cells, ranking.positives);
  const negatives = ranking.cells - ranking.positives;
  const [falsePositiveRate, truePositiveRate, thresholds] = [[0], [0], [Number.POSITIVE_INFINITY]];
  let rank = 0;
  let truePositives = 0;
  for (const end of ranking.levelEnds) {
    for (; rank < end; rank++) truePositives += ranking.positiveAtRank[rank] as number;
    falsePositiveRate.push((end - truePositives) / negatives);
    truePositiveRate.push(truePositives / ranking.positives);
    thresholds.push(ranking.scoreAtRank[end - 1] as number);
  }
  return { falsePositiveRate, truePositiveRate, thresholds };
}

/**
 * Area under the ROC curve: the probability that a random positive scores above a random negative, a tie counting half.
 *
 *   AUC = (#(s_pos > s_neg) + 1/2 #(s_pos = s_neg)) / (P N)
 *
 * In [0, 1]; equal to the trapezoidal area. Throws SINGLE_CLASS, NO_CELLS or SCORE_NOT_FINITE.
 */
export function areaUnderRoc(scores: ArrayLike<number>, positives: readonly boolean[]): number {
  const ranking = rankByScore(scores, positives);
  requireBothClasses("The area under the ROC curve", ranking.cells, ranking.positives);
  return weightedAreaUnderRoc(ranking, new Float64Array(ranking.cells).fill(1)) as number;
}

/**
 * `areaUnderRoc` of cells that count `weights[rank]` times, as in a bootstrap resample; null where a class has no
 * weight. Whole-number weights give exact counts of pairs up to 2^53.
 */
export function weightedAreaUnderRoc(ranking: Ranking, weights: Float64Array): number | null {
  const { positiveAtRank, levelEnds } = ranking;
  let [positivesAbove, negatives, wins, rank] = [0, 0, 0, 0];
  for (const end of levelEnds) {
    let [levelPositives, levelNegatives] = [0, 0];
    for (; rank < end; rank++) {
      const weight = weights[rank] as number;
      if (positiveAtRank[rank] === 1) levelPositives += weight;
      else levelNegatives += weight;
    }
    wins += levelNegatives * (positivesAbove + levelPositives / 2);
    positivesAbove += levelPositives;
    negatives += levelNegatives;
  }
  const pairs = positivesAbove * negatives;
  return pairs > 0 ? wins / pairs : null;
}

/**
 * Standard error of an AUC from the numbers of cells alone (Hanley and McNeil 1982, Radiology 143:29).
 *
 *   Q1 = A / (2 - A),  Q2 = 2 A^2 / (1 + A)
 *   SE^2 = [A (1 - A) + (P - 1)(Q1 - A^2) + (N - 1)(Q2 - A^2)] / (P N)
 */
export function hanleyMcNeilStandardError(area: number, positives: number, negatives: number): number {
  const q1 = area / (2 - area);
  const q2 = (2 * area ** 2) / (1 + area);
  const variance =
    (area * (1 - area) + (positives - 1) * (q1 - area ** 2) + (negatives - 1) * (q2 - area ** 2)) /
    (positives * negatives);
  return Math.sqrt(Math.max(0, variance));
}
