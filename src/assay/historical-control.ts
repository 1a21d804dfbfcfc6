import { AssayError } from "../core/errors.ts";
import type { MnbnCount } from "./frequency.ts";
import { chiSquaredUpperTail, gammaTails } from "./gamma-distribution.ts";
import { requirePart, requireProbability, requireTotal } from "./input-checks.ts";
import { smallestWholeNumberAbove } from "./smallest-whole-number.ts";

/** Negative controls of earlier experiments as one description. */
export type HistoricalControl = {
  readonly experiments: number;
  /** Pooled share of cells with micronuclei. */
  readonly ratePerCell: number;
  /** Chi-squared over its degrees of freedom: 1 for Poisson, s^2 / mean for equal cell numbers. */
  readonly dispersionIndex: number;
  /** Sum (x_i - n_i r)^2 / (n_i r), with one degree of freedom less than experiments. */
  readonly dispersionChiSquared: number;
  /** p of the dispersion check; small where the experiments differ by more than counting error. */
  readonly dispersionPValue: number;
};

export type ControlLimits = {
  /** Expected count in the given number of cells. */
  readonly expected: number;
  /** Smallest and largest count inside the limits. */
  readonly low: number;
  readonly high: number;
};

/**
 * Pools historical negative controls and checks that they vary as Poisson counts do: for equal cell numbers
 * (k - 1) s^2 / mean ~ chi-squared with k - 1 degrees of freedom. STATISTICS 8.
 */
export function describeHistoricalControl(experiments: readonly MnbnCount[]): HistoricalControl {
  requireExperiments(experiments);
  const positives = experiments.reduce((sum, { mnbnCells }) => sum + mnbnCells, 0);
  const cells = experiments.reduce((sum, { bnCells }) => sum + bnCells, 0);
  const ratePerCell = positives / cells;
  const chiSquared = experiments.reduce((sum, { mnbnCells, bnCells }) => {
    const expected = bnCells * ratePerCell;
    return sum + (expected === 0 ? 0 : (mnbnCells - expected) ** 2 / expected);
  }, 0);
  const degreesOfFreedom = experiments.length - 1;
  return {
    experiments: experiments.length,
    ratePerCell,
    dispersionIndex: chiSquared / degreesOfFreedom,
    dispersionChiSquared: chiSquared,
    dispersionPValue: chiSquaredUpperTail(chiSquared, degreesOfFreedom),
  };
}

/**
 * Counts between which a new negative control of `bnCells` cells falls with at least the given probability: the
 * Poisson quantiles of (1 - level) / 2 and (1 + level) / 2. Too narrow where the experiments are overdispersed.
 */
export function historicalLimits(ratePerCell: number, bnCells: number, level = 0.95): ControlLimits {
  requireRate(ratePerCell);
  requireTotal(bnCells, "number of binucleated cells");
  requireProbability(level, "level of the historical limits");
  const expected = ratePerCell * bnCells;
  return {
    expected,
    low: poissonQuantile((1 - level) / 2, expected),
    high: poissonQuantile((1 + level) / 2, expected),
  };
}

/** The smallest k with P(X <= k) >= p, for a Poisson variable X. */
function poissonQuantile(p: number, mean: number): number {
  if (mean === 0) return 0;
  const quantile = smallestWholeNumberAbove(-1, (k) => gammaTails(k + 1, mean).upper >= p);
  return quantile ?? Number.POSITIVE_INFINITY;
}

function requireExperiments(experiments: readonly MnbnCount[]): void {
  if (experiments.length < 2)
    throw new AssayError(
      "HISTORY_TOO_SHORT",
      `Historical limits need at least 2 earlier experiments, got ${experiments.length}; 20 are good practice.`,
    );
  for (const { mnbnCells, bnCells } of experiments)
    requirePart(mnbnCells, "cells with micronuclei of a historical control", bnCells, "its binucleated cells");
}

function requireRate(ratePerCell: number): void {
  if (Number.isFinite(ratePerCell) && ratePerCell >= 0) return;
  throw new AssayError(
    "PROBABILITY_OUT_OF_RANGE",
    `The historical rate must be a finite number per cell of at least 0, got ${ratePerCell}. Write 6 per 1000 as 0.006.`,
  );
}
