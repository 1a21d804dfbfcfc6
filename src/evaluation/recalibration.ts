import { checkScores, requireBothClasses } from "./ranking.ts";

/** Temperatures outside are of no use: below, every probability is 0 or 1; above, all are one half. */
export const TEMPERATURE_RANGE = [0.01, 100] as const;

/**
 * The logit of a probability, ln(p / (1 - p)), with p moved into [margin, 1 - margin] so that it is finite.
 * The default margin is that of a float32 probability near 1.
 */
export function logitOf(probability: number, margin = 2 ** -24): number {
  const inside = Math.min(1 - margin, Math.max(margin, probability));
  return Math.log(inside) - Math.log1p(-inside);
}

/** Probability after temperature scaling: 1 / (1 + exp(-logit / T)). `logit` = positive minus negative logit. */
export function applyTemperature(logit: number, temperature: number): number {
  return 1 / (1 + Math.exp(-logit / temperature));
}

/**
 * The temperature T that minimises the mean cross-entropy of sigmoid(logit / T) (Guo et al. 2017), in [0.01, 100].
 * Ranks, and so AUC and AP, do not change. `logits`: one a cell, positive minus negative.
 *
 * The loss is convex in b = 1 / T with slope mean (sigmoid(b z) - y) z, so the root is bracketed and bisected.
 * Logits that part the classes perfectly want T = 0 and get 0.01. Throws SINGLE_CLASS, NO_CELLS or SCORE_NOT_FINITE.
 */
export function fitTemperature(logits: ArrayLike<number>, positives: readonly boolean[]): number {
  checkScores(logits, positives);
  requireBothClasses("A temperature", positives.length, positives.filter(Boolean).length);
  const slopeAt = (inverse: number): number =>
    positives.reduce((sum, positive, cell) => {
      const logit = logits[cell] as number;
      return sum + (applyTemperature(logit, 1 / inverse) - (positive ? 1 : 0)) * logit;
    }, 0);
  const [lowest, highest] = TEMPERATURE_RANGE;
  let [low, high] = [1 / highest, 1 / lowest];
  if (slopeAt(low) >= 0) return highest;
  if (slopeAt(high) <= 0) return lowest;
  while (high - low > 1e-14 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (slopeAt(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** Cells next to each other in score that share one observed frequency. */
export interface IsotonicBlock {
  readonly meanScore: number;
  readonly cells: number;
  readonly positives: number;
}

interface OpenBlock extends IsotonicBlock {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Isotonic regression: the blocks of the non-decreasing function of the score with the least squared error to the labels,
 * by pooling adjacent violators (Ayer et al. 1955). Shares of positives strictly rise from block to block; equal scores
 * are in one block. Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function isotonicBlocks(scores: ArrayLike<number>, positives: readonly boolean[]): IsotonicBlock[] {
  checkScores(scores, positives);
  // Positives first within a tie: the tie's mean then only falls as it grows, so no pooling comes too early.
  const rising = [...positives.keys()].sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || Number(positives[b]) - Number(positives[a]),
  );
  const blocks: OpenBlock[] = [];
  for (const cell of rising) {
    const score = scores[cell] as number;
    let block: OpenBlock = { meanScore: score, lowest: score, highest: score, cells: 1, positives: +!!positives[cell] };
    for (let last = blocks.at(-1); last !== undefined && mustPool(last, block); last = blocks.at(-1)) {
      blocks.pop();
      block = pooled(last, block);
    }
    blocks.push(block);
  }
  return blocks.map(({ meanScore, cells, positives: count }) => ({ meanScore, cells, positives: count }));
}

function mustPool(lower: OpenBlock, upper: OpenBlock): boolean {
  return lower.highest === upper.lowest || lower.positives * upper.cells >= upper.positives * lower.cells;
}

function pooled(lower: OpenBlock, upper: OpenBlock): OpenBlock {
  const cells = lower.cells + upper.cells;
  return {
    meanScore: (lower.meanScore * lower.cells + upper.meanScore * upper.cells) / cells,
    lowest: lower.lowest,
    highest: upper.highest,
    cells,
    positives: lower.positives + upper.positives,
  };
}

/**
 * A strictly rising function of the logit: through the points (logits[i], calibrated[i]), straight between them, and
 * outside with these slopes. Both axes are logits, positive minus negative, so that 0 is a probability of one half.
 */
export interface CalibrationCurve {
  readonly logits: readonly number[];
  readonly calibrated: readonly number[];
  readonly slopes: { readonly below: number; readonly above: number };
}

interface Point {
  readonly logit: number;
  readonly calibrated: number;
}

/** Outside the outermost points a logit counts at most as what it says: nothing there was measured. */
const GREATEST_OUTER_SLOPE = 1;

/**
 * Centred isotonic regression (Oron and Flournoy 2017) on logits: each block of the isotonic regression becomes one point
 * in the middle of its cells, so that the function rises everywhere and no two cells are made equal.
 *
 * A lowest block without positives or a highest with nothing else stands for a share of (k + 1/2) / (n + 1) instead of 0
 * or 1. Null where there are not two blocks to draw a line through. Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function fitIsotonic(logits: ArrayLike<number>, positives: readonly boolean[]): CalibrationCurve | null {
  const blocks = isotonicBlocks(logits, positives);
  if (blocks.length < 2) return null;
  const shares = blocks.map((block) => block.positives / block.cells);
  const smoothed = blocks.map(({ cells, positives: count }, index) => {
    const [share, inside] = [shares[index] as number, (count + 0.5) / (cells + 1)];
    // A small end block must not pass its neighbour.
    if (share === 0) return Math.min(inside, (shares[1] as number) / 2);
    return share === 1 ? Math.max(inside, (1 + (shares.at(-2) as number)) / 2) : share;
  });
  // Models compute in float32: points that are one there are one here.
  const points = blocks
    .map(({ meanScore }, index) => ({ logit: Math.fround(meanScore), calibrated: logitOf(smoothed[index] as number) }))
    .filter(({ logit }, index, all) => index === 0 || logit > (all[index - 1]?.logit ?? 0));
  if (points.length < 2) return null;
  const slopeAfter = (start: number) => {
    const [from, to] = points.slice(start) as [Point, Point];
    return Math.min(GREATEST_OUTER_SLOPE, (to.calibrated - from.calibrated) / (to.logit - from.logit));
  };
  return {
    logits: points.map(({ logit }) => logit),
    calibrated: points.map(({ calibrated }) => calibrated),
    slopes: { below: slopeAfter(0), above: slopeAfter(-2) },
  };
}

/** The probability that a calibration curve gives for a logit. */
export function applyCurve({ logits, calibrated, slopes }: CalibrationCurve, logit: number): number {
  const upper = logits.findIndex((point) => point >= logit);
  const at = upper === -1 ? logits.length - 1 : upper;
  const [x, y] = [logits[at] as number, calibrated[at] as number];
  if (upper === -1) return applyTemperature(y + slopes.above * (logit - x), 1);
  if (upper === 0) return applyTemperature(y + slopes.below * (logit - x), 1);
  const [before, below] = [logits[at - 1] as number, calibrated[at - 1] as number];
  return applyTemperature(y + ((y - below) / (x - before)) * (logit - x), 1);
}
