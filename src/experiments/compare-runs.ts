import { discordantPairs, mcnemarExact } from "../evaluation/comparison.ts";
import { pairedDelongTest } from "../evaluation/delong.ts";
import type { OverSeeds } from "./experiment-result.ts";
import { compareOverSeeds, type Resampling, type ScoredTest, type TestCells } from "./over-seeds.ts";

/** An entry compared with another on the same cells; differences are its own minus the other's, over the seeds of both. */
export interface PairedComparison {
  readonly seeds: number;
  readonly auc: OverSeeds;
  readonly ap: OverSeeds;
  readonly f1: OverSeeds;
  /** DeLong's paired test of the AUC, first seed; it takes cells as independent. */
  readonly delongP: number;
  /** Exact McNemar test of the calls at each one's threshold, first seed; it takes cells as independent. */
  readonly mcnemarP: number;
}

/**
 * Compares trainings in pairs of the same seed, the entry's first in each; the tests take the first pair.
 *
 * Throws SINGLE_CLASS and TOO_FEW_CELLS.
 */
export function compareRuns(
  pairs: readonly [readonly [ScoredTest, ScoredTest], ...(readonly [ScoredTest, ScoredTest])[]],
  cells: TestCells,
  resampling: Resampling,
): PairedComparison {
  const { positives } = cells;
  const [[first, second]] = pairs;
  const calls = ({ scores, threshold }: ScoredTest): boolean[] => positives.map((_, at) => scores[at]! >= threshold);
  const { onlyFirstRight, onlySecondRight } = discordantPairs(calls(first), calls(second), positives);
  const delongP = pairedDelongTest(first.scores, second.scores, positives).pValue;
  const { auc, ap, f1 } = compareOverSeeds(pairs, cells, resampling);
  return {
    ...{ seeds: pairs.length, auc, ap, f1 },
    delongP,
    mcnemarP: mcnemarExact(onlyFirstRight, onlySecondRight),
  };
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
