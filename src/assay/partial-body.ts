import { AssayError } from "../core/errors.ts";
import type { CalibrationCurve } from "./calibration-curve.ts";
import { type Distribution, totalsOf } from "./dispersion.ts";
import { deltaError, doseAtYield } from "./dose.ts";
import type { Interval } from "./frequency.ts";
import { requireProbability, requireQuantity } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";

/** Dose to the irradiated part of the body, and the size of that part. */
export type PartialBodyEstimate = {
  /**
   * Always true: the method takes every cell with micronuclei for an irradiated one, which the background of
   * micronuclei and their overdispersion after uniform exposure both break.
   */
  readonly experimental: true;
  readonly level: number;
  /** Micronuclei per irradiated cell, lambda. */
  readonly yieldOfIrradiated: number;
  readonly yieldInterval: Interval;
  /** Share of the scored cells that were irradiated, pi. */
  readonly scoredFraction: number;
  readonly doseGray: number;
  readonly standardErrorGray: number;
  readonly doseInterval: Interval;
  /** Share of the body's cells that were irradiated, F: more than was scored, for irradiated cells die. */
  readonly irradiatedFraction: number;
};

/**
 * Dolphin's method, a zero-inflated Poisson distribution:
 *
 *   lambda / (1 - e^-lambda) = X / (N - C0)     pi = X / (lambda N)     F = pi e^(D/D0) / (1 - pi + pi e^(D/D0))
 *
 * with D the dose at the yield lambda, D0 (Gy) the dose that leaves 37 % of the cells alive, and the standard error of
 * lambda from the information matrix of (lambda, pi). Experimental for micronuclei. STATISTICS 12, source 17.
 */
export function estimatePartialBodyDose(
  curve: CalibrationCurve,
  distribution: Distribution,
  {
    level = 0.95,
    protraction = 1,
    survivalDoseGray = 2.7,
  }: { readonly level?: number; readonly protraction?: number; readonly survivalDoseGray?: number } = {},
): PartialBodyEstimate {
  requireProbability(level, "confidence level");
  requireQuantity(survivalDoseGray, "survival dose D0");
  const { bnCells, mnbnCells, micronuclei } = totalsOf(distribution);
  const lambda = irradiatedYield(micronuclei, mnbnCells);
  const scoredFraction = micronuclei / (lambda * bnCells);
  const varianceOfYield = zeroInflatedVariance(lambda, scoredFraction, bnCells);
  const doseGray = doseAtYield(curve, lambda, protraction);
  const standardErrorGray = deltaError(curve, doseGray, varianceOfYield, protraction);
  const z = twoSidedZ(level);
  const survival = Math.exp(-doseGray / survivalDoseGray);
  return {
    experimental: true,
    level,
    yieldOfIrradiated: lambda,
    yieldInterval: around(lambda, z * Math.sqrt(varianceOfYield)),
    scoredFraction,
    doseGray,
    standardErrorGray,
    doseInterval: around(doseGray, z * standardErrorGray),
    irradiatedFraction: scoredFraction / (scoredFraction + (1 - scoredFraction) * survival),
  };
}

/** lambda > 0 with lambda / (1 - e^-lambda) = micronuclei per cell that has some; solved by Newton's method. */
function irradiatedYield(micronuclei: number, mnbnCells: number): number {
  if (micronuclei <= mnbnCells)
    throw new AssayError(
      "NO_MULTIPLE_MICRONUCLEI",
      `None of the ${mnbnCells} cells with micronuclei has more than one: the irradiated part cannot be told from ` +
        "the rest. Use the whole-body estimate.",
    );
  const ratio = micronuclei / mnbnCells;
  let lambda = ratio;
  for (let iteration = 0; iteration < 100; iteration++) {
    const positive = -Math.expm1(-lambda);
    const excess = lambda - ratio * positive;
    const step = excess / (1 - ratio * (1 - positive));
    lambda -= step;
    if (Math.abs(step) <= 1e-15 * lambda) break;
  }
  return lambda;
}

/** Variance of lambda: the first element of the inverse of the information matrix of (lambda, pi). */
function zeroInflatedVariance(lambda: number, pi: number, cells: number): number {
  const empty = Math.exp(-lambda);
  const zeros = 1 - pi + pi * empty;
  const ofLambda = cells * pi * (((pi - 1) * empty) / zeros + 1 / lambda);
  const mixed = (cells * empty) / zeros;
  const ofPi = (cells * (1 - empty)) / (pi * zeros);
  return ofPi / (ofLambda * ofPi - mixed ** 2);
}

function around(centre: number, reach: number): Interval {
  return { low: Math.max(0, centre - reach), high: centre + reach };
}
