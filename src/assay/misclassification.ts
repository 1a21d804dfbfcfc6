import { AssayError } from "../core/errors.ts";
import type { Interval } from "./frequency.ts";
import { requirePart, requireProbability } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";

/** A share that was itself counted: `correct` of `of` cells of known class were called right. */
export type MeasuredShare = { readonly correct: number; readonly of: number };

/** What a classifier called on a sample, and how well it did on cells of known class. */
export type ClassifiedSample = {
  readonly calledPositive: number;
  readonly cells: number;
  readonly sensitivity: MeasuredShare;
  readonly specificity: MeasuredShare;
};

/** A frequency corrected for wrong calls, as a share of cells. */
export type CorrectedRate = {
  readonly rate: number;
  readonly standardError: number;
  readonly interval: Interval;
  /**
   * The apparent rate is below the false positive rate 1 - Sp, so that the corrected one was clamped to 0. An interval
   * from 0 to 0 then means that the specificity measured elsewhere does not hold for these cells.
   */
  readonly belowFalsePositiveRate: boolean;
};

/**
 * True rate of positive cells behind an apparent rate p: pi = (p + Sp - 1) / (Se + Sp - 1), not clamped.
 * Rogan and Gladen 1978.
 */
export function correctRate(apparentRate: number, sensitivity: number, specificity: number): number {
  return (apparentRate + specificity - 1) / youden(sensitivity, specificity);
}

/** p = pi Se + (1 - pi)(1 - Sp): what the classifier would call, the inverse of `correctRate`. */
export function apparentRate(trueRate: number, sensitivity: number, specificity: number): number {
  return trueRate * sensitivity + (1 - trueRate) * (1 - specificity);
}

/** Share of the cells called positive that are: pi Se / p. Null where nothing would be called positive. */
export function positivePredictiveValue(trueRate: number, sensitivity: number, specificity: number): number | null {
  const called = apparentRate(trueRate, sensitivity, specificity);
  return called > 0 ? (trueRate * sensitivity) / called : null;
}

/**
 * Rogan-Gladen estimate with the normal interval pi +- z SE,
 *
 *   SE = sqrt(p (1-p)/n + pi^2 Se (1-Se)/n_Se + (1-pi)^2 Sp (1-Sp)/n_Sp) / J,   J = Se + Sp - 1
 *
 * clamped to [0, 1]. Too narrow at rare micronuclei: prefer `langReiczigel` for the interval. STATISTICS 9.
 */
export function roganGladen(sample: ClassifiedSample, level = 0.95): CorrectedRate {
  requireSample(sample);
  const z = requireLevel(level);
  const { rate, standardError } = corrected(sharesOf(sample));
  return {
    rate: clamped(rate),
    standardError,
    interval: { low: clamped(rate - z * standardError), high: clamped(rate + z * standardError) },
    belowFalsePositiveRate: isBelowFalsePositiveRate(sample),
  };
}

/**
 * Rogan-Gladen estimate with the interval of Lang and Reiczigel 2014: shares moved towards one half,
 *
 *   n' = n + z^2, p' = (x + z^2/2) / n',   Se' = (k + 1) / (n_Se + 2),   Sp' likewise
 *   d = 2 z^2 [pi' Se' (1-Se')/(n_Se+2) - (1-pi') Sp' (1-Sp')/(n_Sp+2)],   pi' + d +- z SE'
 *
 * clamped to [0, 1]; near its nominal coverage even where micronuclei are rare. STATISTICS 9, source 46.
 */
export function langReiczigel(sample: ClassifiedSample, level = 0.95): CorrectedRate {
  requireSample(sample);
  return langReiczigelOfShares(sample, level);
}

/** The same where sensitivity and specificity were not counted but estimated: `of` is then the effective number of cells. */
export function langReiczigelOfShares(sample: ClassifiedSample, level = 0.95): CorrectedRate {
  const z = requireLevel(level);
  const cells = sample.cells + z ** 2;
  const moved = {
    p: (sample.calledPositive + z ** 2 / 2) / cells,
    cells,
    ...movedShares(sample),
  };
  const { rate, standardError } = corrected(moved);
  const { sensitivity: se, specificity: sp } = moved;
  const shift =
    2 *
    z ** 2 *
    ((rate * se * (1 - se)) / moved.positivesTested - ((1 - rate) * sp * (1 - sp)) / moved.negativesTested);
  return {
    rate: clamped(corrected(sharesOf(sample)).rate),
    standardError,
    interval: { low: clamped(rate + shift - z * standardError), high: clamped(rate + shift + z * standardError) },
    belowFalsePositiveRate: isBelowFalsePositiveRate(sample),
  };
}

type Shares = {
  readonly p: number;
  readonly cells: number;
  readonly sensitivity: number;
  readonly positivesTested: number;
  readonly specificity: number;
  readonly negativesTested: number;
};

function sharesOf({ calledPositive, cells, sensitivity, specificity }: ClassifiedSample): Shares {
  return {
    p: calledPositive / cells,
    cells,
    sensitivity: sensitivity.correct / sensitivity.of,
    positivesTested: sensitivity.of,
    specificity: specificity.correct / specificity.of,
    negativesTested: specificity.of,
  };
}

function movedShares({ sensitivity, specificity }: ClassifiedSample): Omit<Shares, "p" | "cells"> {
  return {
    sensitivity: (sensitivity.correct + 1) / (sensitivity.of + 2),
    positivesTested: sensitivity.of + 2,
    specificity: (specificity.correct + 1) / (specificity.of + 2),
    negativesTested: specificity.of + 2,
  };
}

function corrected(shares: Shares): { rate: number; standardError: number } {
  const { p, cells, sensitivity: se, specificity: sp } = shares;
  const rate = correctRate(p, se, sp);
  const variance =
    (p * (1 - p)) / cells +
    (rate ** 2 * se * (1 - se)) / shares.positivesTested +
    ((1 - rate) ** 2 * sp * (1 - sp)) / shares.negativesTested;
  return { rate, standardError: Math.sqrt(variance) / youden(se, sp) };
}

function youden(sensitivity: number, specificity: number): number {
  const index = sensitivity + specificity - 1;
  if (index > 0) return index;
  throw new AssayError(
    "CLASSIFIER_UNINFORMATIVE",
    `Sensitivity ${sensitivity} and specificity ${specificity} add up to no more than 1: such a classifier tells ` +
      "nothing about the true rate. Check the model, its threshold and the labels of the cells it was tested on.",
  );
}

function requireSample({ calledPositive, cells, sensitivity, specificity }: ClassifiedSample): void {
  requirePart(calledPositive, "number of cells called positive", cells, "number of cells");
  requirePart(sensitivity.correct, "positive cells called right", sensitivity.of, "positive cells tested");
  requirePart(specificity.correct, "negative cells called right", specificity.of, "negative cells tested");
}

function requireLevel(level: number): number {
  requireProbability(level, "confidence level");
  return twoSidedZ(level);
}

function isBelowFalsePositiveRate({ calledPositive, cells, specificity }: ClassifiedSample): boolean {
  return calledPositive / cells < 1 - specificity.correct / specificity.of;
}

function clamped(rate: number): number {
  return Math.min(1, Math.max(0, rate));
}
