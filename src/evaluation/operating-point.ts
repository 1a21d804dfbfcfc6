import { EvaluationError } from "../core/errors.ts";
import { type Confusion, f1, sensitivity, specificity } from "./confusion.ts";
import { countAtOrAbove, type Ranking, rankByScore, requireBothClasses } from "./ranking.ts";

/** How a threshold is chosen: the targets are shares in (0, 1]. */
export type OperatingPointRule =
  | { readonly rule: "highest-f1" }
  | { readonly rule: "balanced-accuracy" }
  | { readonly rule: "sensitivity"; readonly target: number }
  | { readonly rule: "specificity"; readonly target: number }
  | { readonly rule: "fixed"; readonly threshold: number };

/** A threshold, where it came from, and what it did on the cells on which it was chosen. */
export interface OperatingPoint {
  readonly threshold: number;
  readonly rule: OperatingPointRule;
  readonly f1: number;
  readonly sensitivity: number;
  readonly specificity: number;
}

/**
 * Chooses the threshold on a set of cells (validation, never test):
 *
 * - `highest-f1`: the greatest F1; of equal ones the highest threshold, which calls fewer cells;
 * - `balanced-accuracy`: the greatest mean of sensitivity and specificity (Youden 1950), whatever the share of positives; with
 *   `parts` the mean over them, so that a large source does not choose for a small one. Of equal ones the highest threshold;
 * - `sensitivity`: the highest threshold with at least the target sensitivity (so the best specificity there is);
 * - `specificity`: the lowest threshold with at least the target specificity;
 * - `fixed`: the given threshold.
 *
 * Thresholds lie midway between neighbouring distinct scores, so that no cell sits on one; the one that calls every
 * cell positive is the lowest score. Throws SINGLE_CLASS, NO_CELLS, SCORE_NOT_FINITE, OPERATING_POINT_TARGET (a target
 * outside (0, 1]) or OPERATING_POINT_UNREACHABLE.
 */
export function chooseOperatingPoint(
  scores: ArrayLike<number>,
  positives: readonly boolean[],
  rule: OperatingPointRule = { rule: "highest-f1" },
  parts: readonly string[] = [],
): OperatingPoint {
  const ranking = rankByScore(scores, positives);
  requireBothClasses("An operating point", ranking.cells, ranking.positives);
  if (rule.rule === "fixed") return fixedPoint(ranking, rule);
  checkTarget(rule);
  const cuts = cutsOf(ranking);
  const chosen = rule.rule === "balanced-accuracy" ? mostBalanced(cuts, ranking, parts) : chooseCut(cuts, rule);
  if (chosen === undefined) throw unreachable(rule, ranking);
  return describe(chosen.confusion, midpointBelow(ranking, chosen.level), rule);
}

/** The confusion when all levels down to `level` are called positive. */
interface Cut {
  readonly level: number;
  readonly confusion: Confusion;
}

/** Rules that look at the confusion of all cells together. */
type RuleOfConfusion = Exclude<OperatingPointRule, { rule: "fixed" | "balanced-accuracy" }>;

/** One cut below each level of equal scores, the highest threshold first. */
function cutsOf(ranking: Ranking): Cut[] {
  let rank = 0;
  let tp = 0;
  return ranking.levelEnds.map((end, level) => {
    for (; rank < end; rank++) tp += ranking.positiveAtRank[rank] as number;
    const fp = end - tp;
    const fn = ranking.positives - tp;
    return { level, confusion: { tp, fp, fn, tn: ranking.cells - end - fn } };
  });
}

function chooseCut(cuts: readonly Cut[], rule: RuleOfConfusion): Cut | undefined {
  switch (rule.rule) {
    case "highest-f1":
      return cuts.reduce((best, cut) => (f1(cut.confusion) > f1(best.confusion) ? cut : best));
    case "sensitivity":
      return cuts.find(({ confusion }) => (sensitivity(confusion) ?? 0) >= rule.target);
    case "specificity":
      return cuts.findLast(({ confusion }) => (specificity(confusion) ?? 0) >= rule.target);
  }
}

/**
 * The cut with the greatest mean over the parts of sensitivity + specificity. Within a part that grows by 1 / positives with
 * every positive cell that is called and falls by 1 / negatives with every negative one.
 */
function mostBalanced(cuts: readonly Cut[], ranking: Ranking, parts: readonly string[]): Cut | undefined {
  const counts = countsOfParts(ranking, parts);
  if (![...counts.values()].some(hasBothClasses)) return mostBalanced(cuts, ranking, []);
  let [rank, sum] = [0, 0];
  let best: { cut: Cut; sum: number } | undefined;
  for (const cut of cuts) {
    for (; rank < (ranking.levelEnds[cut.level] as number); rank++) {
      const part = counts.get(parts[ranking.order[rank] as number] ?? "") as PartCounts;
      if (!hasBothClasses(part)) continue;
      sum += ranking.positiveAtRank[rank] === 1 ? 1 / part.positives : -1 / part.negatives;
    }
    // Sums of reciprocals: what is equal but for rounding keeps the higher threshold.
    if (best === undefined || sum > best.sum + ROUNDING) best = { cut, sum };
  }
  return best?.cut;
}

const ROUNDING = 1e-9;

interface PartCounts {
  positives: number;
  negatives: number;
}

function countsOfParts({ order, positiveAtRank }: Ranking, parts: readonly string[]): Map<string, PartCounts> {
  const counts = new Map<string, PartCounts>();
  for (const [rank, cell] of order.entries()) {
    const part = parts[cell] ?? "";
    const count = counts.get(part) ?? { positives: 0, negatives: 0 };
    counts.set(part, count);
    if (positiveAtRank[rank] === 1) count.positives++;
    else count.negatives++;
  }
  return counts;
}

function hasBothClasses({ positives, negatives }: PartCounts): boolean {
  return positives > 0 && negatives > 0;
}

/** Midway between the scores of a level and the next lower one; the lowest score itself below the last level. */
function midpointBelow(ranking: Ranking, level: number): number {
  const scoreOfLevel = (index: number): number =>
    ranking.scoreAtRank[(ranking.levelEnds[index] as number) - 1] as number;
  const upper = scoreOfLevel(level);
  if (level === ranking.levelEnds.length - 1) return upper;
  const lower = scoreOfLevel(level + 1);
  const middle = lower + (upper - lower) / 2;
  // Between neighbouring doubles there is no number: the rounded middle may be the lower score, which must stay out.
  return middle > lower ? middle : upper;
}

function fixedPoint(ranking: Ranking, rule: { rule: "fixed"; threshold: number }): OperatingPoint {
  const called = countAtOrAbove(ranking, rule.threshold);
  const tp = ranking.positiveAtRank.subarray(0, called).reduce((sum, positive) => sum + positive, 0);
  const fn = ranking.positives - tp;
  return describe({ tp, fp: called - tp, fn, tn: ranking.cells - called - fn }, rule.threshold, rule);
}

function describe(confusion: Confusion, threshold: number, rule: OperatingPointRule): OperatingPoint {
  return {
    threshold,
    rule,
    f1: f1(confusion),
    sensitivity: sensitivity(confusion) as number,
    specificity: specificity(confusion) as number,
  };
}

function checkTarget(rule: OperatingPointRule): void {
  if (!("target" in rule) || (rule.target > 0 && rule.target <= 1)) return;
  throw new EvaluationError(
    "OPERATING_POINT_TARGET",
    `The target ${rule.rule} is ${rule.target}; expected a share above 0 and at most 1, such as 0.95.`,
  );
}

function unreachable(rule: OperatingPointRule, ranking: Ranking): EvaluationError {
  const target = "target" in rule ? `${rule.rule} of ${rule.target}` : rule.rule;
  return new EvaluationError(
    "OPERATING_POINT_UNREACHABLE",
    `A ${target} can be had only by calling none of these ${ranking.cells} cells positive: ` +
      "too many negatives share the highest score. Ask for a lower specificity, or give a threshold.",
  );
}
