import { AssayError } from "../core/errors.ts";
import { binomial, poisson, tailsOf } from "./discrete-tails.ts";
import { gammaQuantile } from "./gamma-distribution.ts";
import { LARGEST_COUNT, requireCount, requireProbability, requireTotal } from "./input-checks.ts";
import { normalQuantile } from "./normal.ts";
import { smallestWholeNumberAbove } from "./smallest-whole-number.ts";

export type PowerPlan = {
  /** Shares of cells with micronuclei expected without and with treatment. */
  readonly controlRate: number;
  readonly treatedRate: number;
  /** Chance of a false alarm; 0.05 by default. */
  readonly alpha?: number;
  /** Chance to find the difference; 0.8 by default. */
  readonly power?: number;
  readonly sides?: 1 | 2;
};

/**
 * Binucleated cells that each of two equal groups needs, not rounded:
 *
 *   n = (z_a sqrt(2 p (1 - p)) + z_b sqrt(p1 (1 - p1) + p2 (1 - p2)))^2 / (p2 - p1)^2,   p = (p1 + p2) / 2
 *
 * for a test of two proportions with cells as the unit; cultures that differ among themselves need more. STATISTICS 13.
 */
export function cellsPerGroup({ controlRate, treatedRate, alpha = 0.05, power = 0.8, sides = 1 }: PowerPlan): number {
  requireProbability(controlRate, "control rate");
  requireProbability(treatedRate, "treated rate");
  requireProbability(alpha, "significance level");
  requireProbability(power, "power");
  if (controlRate === treatedRate)
    throw new AssayError(
      "NO_DIFFERENCE_TO_FIND",
      `Control and treated rate are both ${controlRate}: no number of cells shows a difference. Give two rates.`,
    );
  const mean = (controlRate + treatedRate) / 2;
  const falseAlarm = normalQuantile(1 - alpha / sides) * Math.sqrt(2 * mean * (1 - mean));
  const miss = normalQuantile(power) * Math.sqrt(controlRate * (1 - controlRate) + treatedRate * (1 - treatedRate));
  return ((falseAlarm + miss) / (treatedRate - controlRate)) ** 2;
}

/** The background: known from much experience, or estimated from micronuclei counted in control cells. */
export type Background =
  | { readonly kind: "known"; readonly ratePerCell: number }
  | { readonly kind: "estimated"; readonly micronuclei: number; readonly bnCells: number };

export type CharacteristicLimits = {
  /** Largest count that is still compatible with the background, y_d: more than this is a finding. */
  readonly decisionThreshold: number;
  /** Mean count that exceeds the threshold with probability 1 - beta: the smallest true signal found reliably. */
  readonly detectionLimit: number;
};

/**
 * Decision threshold and detection limit in micronuclei, for a sample of `bnCells` cells:
 *
 *   y_d: largest count whose two-sided exact test against the background is not significant at alpha
 *   detection limit = chi2(1 - beta; 2 (y_d + 1)) / 2
 *
 * STATISTICS 13; agrees with Biodose Tools' characteristic limits (source 17).
 */
export function characteristicLimits(
  background: Background,
  bnCells: number,
  { alpha = 0.05, beta = 0.1 }: { readonly alpha?: number; readonly beta?: number } = {},
): CharacteristicLimits {
  requireTotal(bnCells, "number of binucleated cells");
  requireProbability(alpha, "significance level");
  requireProbability(beta, "chance to miss a signal");
  const { expected, pValue } = backgroundTest(background, bnCells);
  const significant = (count: number): boolean => pValue(count) < alpha;
  const first = smallestWholeNumberAbove(Math.floor(expected), significant);
  if (first === undefined)
    throw new AssayError(
      "NO_DECISION_THRESHOLD",
      `No count up to ${LARGEST_COUNT} is significant at ${alpha}. Estimate the background from more cells.`,
    );
  const decisionThreshold = first - 1;
  return { decisionThreshold, detectionLimit: gammaQuantile(1 - beta, decisionThreshold + 1) };
}

function backgroundTest(
  background: Background,
  bnCells: number,
): { readonly expected: number; readonly pValue: (count: number) => number } {
  if (background.kind === "known") {
    const expected = requireExpected(background.ratePerCell, bnCells);
    return { expected, pValue: (count) => tailsOf(poisson(expected), count).twoSided };
  }
  requireTotal(background.bnCells, "number of control cells");
  requireCount(background.micronuclei, "number of micronuclei in the control");
  const share = bnCells / (bnCells + background.bnCells);
  return {
    expected: (background.micronuclei / background.bnCells) * bnCells,
    pValue: (count) => tailsOf(binomial(count + background.micronuclei, share), count).twoSided,
  };
}

function requireExpected(ratePerCell: number, bnCells: number): number {
  const expected = ratePerCell * bnCells;
  if (Number.isFinite(expected) && ratePerCell >= 0 && expected <= LARGEST_COUNT) return expected;
  throw new AssayError(
    "PROBABILITY_OUT_OF_RANGE",
    `The background must be a rate per cell of at least 0, got ${ratePerCell}. Write 12 per 1000 as 0.012.`,
  );
}
