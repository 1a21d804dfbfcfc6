import { EvaluationError } from "../core/errors.ts";

/** Cells in order of falling score. Every ranking metric is one pass over it, so sorting is done once. */
export interface Ranking {
  /** Index of the cell at each rank, the highest score first. */
  readonly order: Uint32Array;
  /** Where each level of exactly equal scores ends (exclusive), as ranks; the last is the number of cells. */
  readonly levelEnds: readonly number[];
  /** Score of the cell at each rank, falling. */
  readonly scoreAtRank: Float64Array;
  /** 1 where the cell at this rank is positive. */
  readonly positiveAtRank: Uint8Array;
  readonly cells: number;
  readonly positives: number;
}

/** Ranks the cells by score; throws NO_CELLS or SCORE_NOT_FINITE. */
export function rankByScore(scores: ArrayLike<number>, positives: readonly boolean[]): Ranking {
  checkScores(scores, positives);
  const cells = positives.length;
  const order = Uint32Array.from({ length: cells }, (_, cell) => cell);
  order.sort((first, second) => (scores[second] as number) - (scores[first] as number));
  const positiveAtRank = Uint8Array.from(order, (cell) => (positives[cell] ? 1 : 0));
  const scoreAtRank = Float64Array.from(order, (cell) => scores[cell] as number);
  const levelEnds: number[] = [];
  for (let rank = 1; rank <= cells; rank++) {
    if (rank === cells || scoreAtRank[rank] !== scoreAtRank[rank - 1]) levelEnds.push(rank);
  }
  const positiveCount = positiveAtRank.reduce((sum, positive) => sum + positive, 0);
  return { order, levelEnds, scoreAtRank, positiveAtRank, cells, positives: positiveCount };
}

/** Values of cells in the order of their ranks. */
export function inRankOrder({ order }: Ranking, values: Float64Array): Float64Array {
  return Float64Array.from(order, (cell) => values[cell] as number);
}

/** The number of leading ranks whose score is at least the threshold: the cells that are called positive. */
export function countAtOrAbove(ranking: Ranking, threshold: number): number {
  let [low, high] = [0, ranking.cells];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranking.scoreAtRank[middle] as number) >= threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Throws SINGLE_CLASS where `metric` needs both classes and one is missing. */
export function requireBothClasses(metric: string, cells: number, positives: number): void {
  if (positives > 0 && positives < cells) return;
  throw new EvaluationError(
    "SINGLE_CLASS",
    `${metric} needs cells of both classes; found ${positives} positive and ${cells - positives} negative. ` +
      "Evaluate a set that holds both classes, or join small groups.",
  );
}

/** Throws NO_CELLS or SCORE_NOT_FINITE; a different number of scores and labels is a programmer's mistake. */
export function checkScores(scores: ArrayLike<number>, positives: readonly boolean[]): void {
  if (scores.length !== positives.length) throw new Error(`${scores.length} scores for ${positives.length} labels.`);
  if (scores.length === 0) {
    throw new EvaluationError("NO_CELLS", "There is no cell to evaluate. Give at least one cell with score and label.");
  }
  for (let cell = 0; cell < scores.length; cell++) {
    if (Number.isFinite(scores[cell])) continue;
    throw new EvaluationError(
      "SCORE_NOT_FINITE",
      `The score of cell ${cell + 1} of ${scores.length} is ${scores[cell]}; expected a finite number. ` +
        "Leave cells without a score out, and check the model that gave it.",
    );
  }
}
