import type { RandomStream } from "../core/random.ts";
import { compareRankings, type Difference, discordantPairs, mcnemarExact } from "../evaluation/comparison.ts";
import { pairedDelongTest } from "../evaluation/delong.ts";
import { bootstrapIntervals, resamplingUnits } from "../evaluation/intervals.ts";
import { confusionMeter, thresholdMetrics } from "../evaluation/measures.ts";
import { inRankOrder, rankByScore } from "../evaluation/ranking.ts";

/** The scores of one training on the test cells, and where it calls a cell positive. */
export interface ScoredTest {
  readonly scores: ArrayLike<number>;
  readonly threshold: number;
}

/** A training compared with the proposed one on the same cells; differences are its own minus the proposed one's. */
export interface PairedComparison {
  readonly auc: Difference;
  readonly ap: Difference;
  readonly f1: Difference;
  /** DeLong's paired test of the AUC; it takes cells as independent. */
  readonly delongP: number;
  /** Exact McNemar test of the calls at each one's threshold; it takes cells as independent. */
  readonly mcnemarP: number;
}

export interface TestCells {
  readonly positives: readonly boolean[];
  /** Field of each cell, null where not known. */
  readonly groups: readonly (string | null)[];
}

/** Throws SINGLE_CLASS and TOO_FEW_CELLS. */
export function compareRuns(
  run: ScoredTest,
  proposed: ScoredTest,
  { positives, groups }: TestCells,
  options: { readonly stream: RandomStream; readonly resamples: number },
): PairedComparison {
  const rankings = compareRankings({
    first: run.scores,
    second: proposed.scores,
    positives,
    groups,
    stream: options.stream.fork("ranking"),
    resamples: options.resamples,
  });
  const calls = ({ scores, threshold }: ScoredTest): boolean[] => positives.map((_, at) => scores[at]! >= threshold);
  const { onlyFirstRight, onlySecondRight } = discordantPairs(calls(run), calls(proposed), positives);
  return {
    auc: rankings.auc,
    ap: rankings.ap,
    f1: differenceInF1(run, proposed, { positives, groups }, options),
    delongP: pairedDelongTest(run.scores, proposed.scores, positives).pValue,
    mcnemarP: mcnemarExact(onlyFirstRight, onlySecondRight),
  };
}

function differenceInF1(
  run: ScoredTest,
  proposed: ScoredTest,
  { positives, groups }: TestCells,
  { stream, resamples }: { readonly stream: RandomStream; readonly resamples: number },
): Difference {
  const f1Of = ({ scores, threshold }: ScoredTest) => {
    const ranking = rankByScore(scores, positives);
    const meter = confusionMeter(ranking, threshold);
    return (weights: Float64Array) => thresholdMetrics(meter(inRankOrder(ranking, weights))).f1;
  };
  const [first, second] = [f1Of(run), f1Of(proposed)];
  const measure = (weights: Float64Array) => {
    const [a, b] = [first(weights), second(weights)];
    return { f1: a === null || b === null ? null : a - b };
  };
  const units = resamplingUnits(positives.length, groups);
  const { intervals } = bootstrapIntervals({ units, resamples, stream: stream.fork("f1"), measure });
  const whole = measure(new Float64Array(positives.length).fill(1)).f1;
  return { difference: whole ?? 0, difference_ci95: intervals.f1 };
}

/**
 * Holm's adjusted p values, in the order given: the i-th smallest of m times m - i + 1, at most 1, never below a smaller one's.
 * Holm 1979.
 */
export function holmAdjusted(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = least;
  }
  return adjusted;
}
