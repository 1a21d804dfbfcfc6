import { checkScores } from "./ranking.ts";

/** Numbers of cells by label and prediction (a prediction is positive when its score >= the threshold). */
export interface Confusion {
  /** Positive cells called positive. */
  readonly tp: number;
  /** Negative cells called positive. */
  readonly fp: number;
  /** Positive cells called negative. */
  readonly fn: number;
  /** Negative cells called negative. */
  readonly tn: number;
}

/** Counts the four outcomes with `prediction = score >= threshold`; throws NO_CELLS or SCORE_NOT_FINITE. */
export function confusionAt(scores: ArrayLike<number>, positives: readonly boolean[], threshold: number): Confusion {
  checkScores(scores, positives);
  let [tp, fp, fn, tn] = [0, 0, 0, 0];
  for (const [cell, positive] of positives.entries()) {
    const called = (scores[cell] as number) >= threshold;
    if (positive) called ? tp++ : fn++;
    else called ? fp++ : tn++;
  }
  return { tp, fp, fn, tn };
}

/** Recall, true positive rate: tp / (tp + fn). Null without positives. */
export function sensitivity({ tp, fn }: Confusion): number | null {
  return share(tp, tp + fn);
}

/** True negative rate: tn / (tn + fp). Null without negatives. */
export function specificity({ tn, fp }: Confusion): number | null {
  return share(tn, tn + fp);
}

/** Positive predictive value at the prevalence of these cells: tp / (tp + fp). Null when no cell is called positive. */
export function precision({ tp, fp }: Confusion): number | null {
  return share(tp, tp + fp);
}

/** tn / (tn + fn) at the prevalence of these cells. Null when no cell is called negative. */
export function negativePredictiveValue({ tn, fn }: Confusion): number | null {
  return share(tn, tn + fn);
}

/** (tp + tn) / all. Null without cells. */
export function accuracy({ tp, fp, fn, tn }: Confusion): number | null {
  return share(tp + tn, tp + fp + fn + tn);
}

/** (sensitivity + specificity) / 2. Null unless both classes are there. */
export function balancedAccuracy(confusion: Confusion): number | null {
  const [ofPositives, ofNegatives] = [sensitivity(confusion), specificity(confusion)];
  return ofPositives === null || ofNegatives === null ? null : (ofPositives + ofNegatives) / 2;
}

/**
 * Harmonic mean of precision and sensitivity: 2 tp / (2 tp + fp + fn). 0 where that is 0 / 0 (no positive cell and
 * none called), scikit-learn's convention.
 */
export function f1({ tp, fp, fn }: Confusion): number {
  return share(2 * tp, 2 * tp + fp + fn) ?? 0;
}

/**
 * Matthews correlation coefficient, in [-1, 1]: (tp tn - fp fn) / sqrt((tp+fp)(tp+fn)(tn+fp)(tn+fn)).
 * 0 where a factor is 0 (one class only, or all cells called alike), scikit-learn's convention.
 */
export function matthewsCorrelation({ tp, fp, fn, tn }: Confusion): number {
  // Two roots: the product of four counts overflows 2^53 from about 10,000 cells on.
  const scale = Math.sqrt((tp + fp) * (tp + fn)) * Math.sqrt((tn + fp) * (tn + fn));
  return scale === 0 ? 0 : (tp * tn - fp * fn) / scale;
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
