import { EvaluationError } from "../core/errors.ts";
import { checkScores } from "./ranking.ts";

/** Probabilities of exactly 0 or 1 are moved in by this much before a logarithm (scikit-learn 1.2's `log_loss`). */
const SMALLEST_PROBABILITY = 1e-15;

/** A bin of a reliability diagram. */
export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly cells: number;
  readonly positives: number;
  /** Mean predicted probability of its cells. */
  readonly meanProbability: number;
  /** Share of its cells that are positive. */
  readonly observed: number;
}

/** Mean squared error of the probabilities: mean (p - y)^2, in [0, 1]. Throws NOT_A_PROBABILITY or NO_CELLS. */
export function brierScore(probabilities: ArrayLike<number>, positives: readonly boolean[]): number {
  checkProbabilities(probabilities, positives);
  return meanOverCells(brierOfCell, probabilities, positives);
}

/** Mean cross-entropy: -mean ln p(label), in nats, p moved into [1e-15, 1 - 1e-15]. Throws NOT_A_PROBABILITY or NO_CELLS. */
export function logLoss(probabilities: ArrayLike<number>, positives: readonly boolean[]): number {
  checkProbabilities(probabilities, positives);
  return meanOverCells(logLossOfCell, probabilities, positives);
}

export function brierOfCell(probability: number, positive: boolean): number {
  return (probability - (positive ? 1 : 0)) ** 2;
}

export function logLossOfCell(probability: number, positive: boolean): number {
  const ofLabel = positive ? probability : 1 - probability;
  return -Math.log(Math.min(1 - SMALLEST_PROBABILITY, Math.max(SMALLEST_PROBABILITY, ofLabel)));
}

/**
 * Bins of equal width on [0, 1], each with its lower edge (the last with both). Empty bins are left out.
 * Throws NOT_A_PROBABILITY or NO_CELLS.
 */
export function equalWidthBins(
  probabilities: ArrayLike<number>,
  positives: readonly boolean[],
  bins = 10,
): ReliabilityBin[] {
  checkProbabilities(probabilities, positives);
  const members: number[][] = Array.from({ length: bins }, () => []);
  for (const cell of positives.keys()) members[binOf(probabilities[cell] as number, bins)]?.push(cell);
  return members.flatMap((cells, bin) =>
    cells.length === 0 ? [] : [summariseBin(cells, probabilities, positives, bin / bins, (bin + 1) / bins)],
  );
}

/**
 * Bins of about equal numbers of cells, in order of probability. Cells of equal probability share a bin, so bins may
 * be fewer and uneven. Edges are the lowest and the highest probability inside. Throws NOT_A_PROBABILITY or NO_CELLS.
 */
export function equalCountBins(
  probabilities: ArrayLike<number>,
  positives: readonly boolean[],
  bins = 10,
): ReliabilityBin[] {
  checkProbabilities(probabilities, positives);
  const rising = [...positives.keys()].sort((a, b) => (probabilities[a] as number) - (probabilities[b] as number));
  const result: ReliabilityBin[] = [];
  let start = 0;
  for (let end = 1; end <= rising.length; end++) {
    const [last, next] = [rising[end - 1] as number, rising[end]];
    const full = end >= ((result.length + 1) * rising.length) / bins;
    const inTie = next !== undefined && probabilities[next] === probabilities[last];
    if (next !== undefined && (!full || inTie)) continue;
    const lower = probabilities[rising[start] as number] as number;
    result.push(summariseBin(rising.slice(start, end), probabilities, positives, lower, probabilities[last] as number));
    start = end;
  }
  return result;
}

/** The equal-width bin of a probability, 0 to bins - 1. */
export function binOf(probability: number, bins: number): number {
  return Math.min(bins - 1, Math.floor(probability * bins));
}

/**
 * Expected calibration error: the mean over cells of |observed - mean probability| of their bin (Naeini et al. 2015).
 * It depends on the bins and is biased upwards where bins hold few cells.
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const cells = bins.reduce((sum, bin) => sum + bin.cells, 0);
  return bins.reduce((sum, bin) => sum + (bin.cells / cells) * Math.abs(bin.observed - bin.meanProbability), 0);
}

/** Maximum calibration error: the greatest |observed - mean probability| of a bin. */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number {
  return bins.reduce((most, bin) => Math.max(most, Math.abs(bin.observed - bin.meanProbability)), 0);
}

function meanOverCells(
  lossOfCell: (probability: number, positive: boolean) => number,
  probabilities: ArrayLike<number>,
  positives: readonly boolean[],
): number {
  const sum = positives.reduce(
    (total, positive, cell) => total + lossOfCell(probabilities[cell] as number, positive),
    0,
  );
  return sum / positives.length;
}

/** True when every score lies in [0, 1]. */
export function areProbabilities(scores: ArrayLike<number>): boolean {
  for (let cell = 0; cell < scores.length; cell++) {
    if (!((scores[cell] as number) >= 0 && (scores[cell] as number) <= 1)) return false;
  }
  return true;
}

function checkProbabilities(probabilities: ArrayLike<number>, positives: readonly boolean[]): void {
  checkScores(probabilities, positives);
  const cell = Array.from(probabilities).findIndex((probability) => probability < 0 || probability > 1);
  if (cell === -1) return;
  throw new EvaluationError(
    "NOT_A_PROBABILITY",
    `The score of cell ${cell + 1} is ${probabilities[cell]}; calibration needs probabilities from 0 to 1. ` +
      "Convert logits with 1 / (1 + exp(-logit)) first.",
  );
}

function summariseBin(
  cells: readonly number[],
  probabilities: ArrayLike<number>,
  labels: readonly boolean[],
  lower: number,
  upper: number,
): ReliabilityBin {
  const positives = cells.filter((cell) => labels[cell]).length;
  const sum = cells.reduce((total, cell) => total + (probabilities[cell] as number), 0);
  return {
    lower,
    upper,
    cells: cells.length,
    positives,
    meanProbability: sum / cells.length,
    observed: positives / cells.length,
  };
}
