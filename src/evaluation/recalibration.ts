import { checkScores, requireBothClasses } from "./ranking.ts";

/** Temperatures outside are of no use: below, every probability is 0 or 1; above, all are one half. */
const [LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE] = [0.01, 100];

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
  let [low, high] = [1 / HIGHEST_TEMPERATURE, 1 / LOWEST_TEMPERATURE];
  if (slopeAt(low) >= 0) return HIGHEST_TEMPERATURE;
  if (slopeAt(high) <= 0) return LOWEST_TEMPERATURE;
  while (high - low > 1e-14 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (slopeAt(middle) < 0) low = middle;
    else high = middle;
  }
  return 2 / (low + high);
}

/** A rising function through the points (scores[i], probabilities[i]), constant outside and linear between. */
export interface IsotonicMap {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

interface Block {
  readonly lowest: number;
  readonly highest: number;
  readonly cells: number;
  readonly positives: number;
}

/**
 * Isotonic regression: the non-decreasing function of the score with the least squared error to the labels, by
 * pooling adjacent violators (Ayer et al. 1955). Equal scores are pooled first. Each block is kept by its lowest
 * and its highest score. Throws NO_CELLS or SCORE_NOT_FINITE.
 */
export function fitIsotonic(scores: ArrayLike<number>, positives: readonly boolean[]): IsotonicMap {
  checkScores(scores, positives);
  // Positives first within a tie: the tie's mean then only falls as it grows, so no pooling comes too early.
  const rising = [...positives.keys()].sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || Number(positives[b]) - Number(positives[a]),
  );
  const blocks: Block[] = [];
  for (const cell of rising) {
    const score = scores[cell] as number;
    let block: Block = { lowest: score, highest: score, cells: 1, positives: positives[cell] ? 1 : 0 };
    for (let last = blocks.at(-1); last !== undefined && mustPool(last, block); last = blocks.at(-1)) {
      blocks.pop();
      block = {
        lowest: last.lowest,
        highest: block.highest,
        cells: last.cells + block.cells,
        positives: last.positives + block.positives,
      };
    }
    blocks.push(block);
  }
  const ends = blocks.flatMap((block) => {
    const probability = block.positives / block.cells;
    const points = block.lowest === block.highest ? [block.lowest] : [block.lowest, block.highest];
    return points.map((score) => ({ score, probability }));
  });
  return { scores: ends.map(({ score }) => score), probabilities: ends.map(({ probability }) => probability) };
}

/** The probability that an isotonic map gives for a score. */
export function applyIsotonic(map: IsotonicMap, score: number): number {
  const { scores, probabilities } = map;
  const next = scores.findIndex((knot) => knot >= score);
  if (next === -1) return probabilities.at(-1) as number;
  if (next === 0 || scores[next] === score) return probabilities[next] as number;
  const [lower, upper] = [scores[next - 1] as number, scores[next] as number];
  const [below, above] = [probabilities[next - 1] as number, probabilities[next] as number];
  return below + ((score - lower) / (upper - lower)) * (above - below);
}

function mustPool(lower: Block, upper: Block): boolean {
  return lower.highest === upper.lowest || lower.positives * upper.cells > upper.positives * lower.cells;
}
