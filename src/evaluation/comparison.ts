import type { RandomStream } from "../core/random.ts";
import { type PairedRocTest, pairedDelongTest } from "./delong.ts";
import { bootstrapIntervals, type Interval, type ResamplingUnits, resamplingUnits } from "./intervals.ts";
import { type Measured, type RankingMetric, rankingMetrics } from "./measures.ts";
import { inRankOrder, rankByScore, requireBothClasses } from "./ranking.ts";

/**
 * Exact two-sided McNemar test from the two counts of discordant pairs: cells that only the first, or only the second,
 * got right.
 *
 *   p = min(1, 2 sum_{k = 0}^{min(b, c)} C(b + c, k) / 2^(b + c))
 */
export function mcnemarExact(onlyFirstRight: number, onlySecondRight: number): number {
  const pairs = onlyFirstRight + onlySecondRight;
  const fewer = Math.min(onlyFirstRight, onlySecondRight);
  // In logarithms: 2^-pairs alone is below the smallest double from 1075 pairs on.
  let logTerm = -pairs * Math.LN2;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= fewer; k++) {
    logTerm += Math.log((pairs - k + 1) / k);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, 2 * sum);
}

/** Counts the discordant pairs of two sets of predictions on the same cells, for `mcnemarExact`. */
export function discordantPairs(
  first: readonly boolean[],
  second: readonly boolean[],
  positives: readonly boolean[],
): { readonly onlyFirstRight: number; readonly onlySecondRight: number } {
  let [onlyFirstRight, onlySecondRight] = [0, 0];
  for (const [cell, positive] of positives.entries()) {
    const [firstRight, secondRight] = [first[cell] === positive, second[cell] === positive];
    if (firstRight && !secondRight) onlyFirstRight++;
    if (secondRight && !firstRight) onlySecondRight++;
  }
  return { onlyFirstRight, onlySecondRight };
}

/** First minus second, with the 95 % bootstrap interval of the difference (null where it cannot be had). */
export interface Difference {
  readonly difference: number;
  readonly difference_ci95: Interval | null;
}

export interface RankingComparison {
  readonly auc: Difference;
  readonly ap: Difference;
  /** DeLong's paired test, which takes cells as independent; null where cells come in groups. */
  readonly delong: PairedRocTest | null;
  readonly unit: ResamplingUnits["unit"];
  readonly units: number;
}

/**
 * Compares two scores of the same cells by AUC and AP. Both are measured on the same resamples, so what makes
 * a field easy or hard for both cancels. Throws SINGLE_CLASS, NO_CELLS, SCORE_NOT_FINITE, and what
 * `pairedDelongTest` throws.
 */
export function compareRankings(options: {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
  readonly positives: readonly boolean[];
  readonly groups?: readonly (string | null)[];
  readonly stream: RandomStream;
  readonly resamples: number;
}): RankingComparison {
  const { positives } = options;
  const [first, second] = [rankByScore(options.first, positives), rankByScore(options.second, positives)];
  requireBothClasses("A comparison", first.cells, first.positives);
  const units = resamplingUnits(positives.length, options.groups);
  const measure = (weights: Float64Array): Measured<RankingMetric> => {
    const ofFirst = rankingMetrics(first, inRankOrder(first, weights));
    const ofSecond = rankingMetrics(second, inRankOrder(second, weights));
    return { auc: minus(ofFirst.auc, ofSecond.auc), ap: minus(ofFirst.ap, ofSecond.ap) };
  };
  const whole = measure(new Float64Array(positives.length).fill(1));
  const { intervals } = bootstrapIntervals({ units, resamples: options.resamples, stream: options.stream, measure });
  return {
    auc: { difference: whole.auc as number, difference_ci95: intervals.auc },
    ap: { difference: whole.ap as number, difference_ci95: intervals.ap },
    delong: units.unit === "cell" ? pairedDelongTest(options.first, options.second, positives) : null,
    unit: units.unit,
    units: units.count,
  };
}

/** A difference, undefined where either side is. */
export function minus(first: number | null, second: number | null): number | null {
  return first === null || second === null ? null : first - second;
}
