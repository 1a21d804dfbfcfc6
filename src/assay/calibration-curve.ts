import { AssayError } from "../core/errors.ts";
import { chiSquaredUpperTail, logFactorial } from "./gamma-distribution.ts";
import { requireCount, requireQuantity, requireTotal } from "./input-checks.ts";
import { inverse, type Matrix, multiply } from "./small-matrix.ts";

/** All micronuclei in the binucleated cells of one dose. */
export type CalibrationPoint = { readonly doseGray: number; readonly bnCells: number; readonly micronuclei: number };

export type CurveModel = "linear-quadratic" | "linear";

/** y = c + alpha D + beta D^2, micronuclei per binucleated cell; beta is 0 in the linear model. */
export type CurveCoefficients = { readonly c: number; readonly alpha: number; readonly beta: number };

/** What a dose estimate needs of a curve. */
export type CalibrationCurve = {
  readonly model: CurveModel;
  readonly coefficients: CurveCoefficients;
  /** Covariance of (c, alpha, beta), 3 x 3; zeros for beta in the linear model. */
  readonly covariance: Matrix;
  /** Doses between which the curve was measured. */
  readonly doseRangeGray: { readonly low: number; readonly high: number };
};

export type GoodnessOfFit = {
  readonly degreesOfFreedom: number;
  readonly pearsonChiSquared: number;
  /** p of the Pearson statistic; null without degrees of freedom. */
  readonly pValue: number | null;
  /** phi = Pearson chi-squared / degrees of freedom, 1 for Poisson; null without degrees of freedom. */
  readonly dispersion: number | null;
  readonly deviance: number;
  readonly logLikelihood: number;
  /** Akaike's criterion, 2 parameters - 2 logLikelihood. */
  readonly aic: number;
};

export type FittedCurve = CalibrationCurve & {
  /** Square roots of the covariance's diagonal. */
  readonly standardErrors: CurveCoefficients;
  readonly goodnessOfFit: GoodnessOfFit;
  readonly points: readonly CalibrationPoint[];
};

/**
 * Whether the covariance is multiplied by the dispersion phi: where phi > 1 (default), never (plain Poisson), or always
 * (quasi-Poisson, also where phi < 1, as Biodose Tools does for micronuclei).
 */
export type DispersionScaling = "overdispersed" | "never" | "always";

/**
 * Maximum likelihood fit of X ~ Poisson(N (c + alpha D + beta D^2)), identity link, by iteratively reweighted least
 * squares with weights 1 / mu:
 *
 *   b = (A' W A)^-1 A' W X     Cov = (A' W A)^-1 * max(1, phi)     A = N [1, D, D^2]
 *
 * STATISTICS 10, source 17.
 */
export function fitCalibrationCurve(
  points: readonly CalibrationPoint[],
  {
    model = "linear-quadratic",
    scaling = "overdispersed",
  }: { readonly model?: CurveModel; readonly scaling?: DispersionScaling } = {},
): FittedCurve {
  requirePoints(points, model);
  const design = points.map(({ bnCells, doseGray }) => powersOf(doseGray, model).map((power) => bnCells * power));
  const counts = points.map(({ micronuclei }) => micronuclei);
  const { estimates, information } = solveByReweighting(design, counts);
  const goodnessOfFit = judgeFit(counts, multiply(design, column(estimates)).flat(), estimates.length);
  const factor = scaleFactor(goodnessOfFit.dispersion, scaling);
  const covariance = padded(inverse(information).map((row) => row.map((value) => value * factor)));
  const doses = points.map(({ doseGray }) => doseGray);
  return {
    model,
    coefficients: named(estimates),
    covariance,
    doseRangeGray: { low: Math.min(...doses), high: Math.max(...doses) },
    standardErrors: named(covariance.map((row, index) => Math.sqrt(row[index] ?? 0))),
    goodnessOfFit,
    points,
  };
}

/** y = c + alpha D + G beta D^2, micronuclei per cell; G is 1 for an acute exposure. */
export function yieldAt({ coefficients: { c, alpha, beta } }: CalibrationCurve, doseGray: number, g = 1): number {
  return c + alpha * doseGray + g * beta * doseGray ** 2;
}

function powersOf(doseGray: number, model: CurveModel): number[] {
  return model === "linear" ? [1, doseGray] : [1, doseGray, doseGray ** 2];
}

/** A' W A and the estimates, once the estimates stand still. */
function solveByReweighting(design: Matrix, counts: readonly number[]): { estimates: number[]; information: Matrix } {
  // Half a micronucleus more keeps the first weights finite where a dose shows none.
  let means = counts.map((count) => count + 0.5);
  let estimates: number[] = [];
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    estimates = weightedLeastSquares(design, counts, means);
    const next = positiveMeans(multiply(design, column(estimates)).flat(), means);
    const change = Math.max(...next.map((mean, i) => Math.abs(mean / (means[i] ?? 1) - 1)));
    means = next;
    if (change < 1e-11) return { estimates, information: informationOf(design, means) };
  }
  throw new AssayError(
    "CURVE_DOES_NOT_CONVERGE",
    `The fit did not settle within ${MOST_ITERATIONS} steps. Check the counts, or fit the linear model.`,
  );
}

const MOST_ITERATIONS = 200;

function weightedLeastSquares(design: Matrix, counts: readonly number[], means: readonly number[]): number[] {
  const weighted = design.map((row, i) => row.map((value) => value / (means[i] ?? 1)));
  const right = multiply(transposed(weighted), column(counts));
  return multiply(inverse(informationOf(design, means)), right).flat();
}

function informationOf(design: Matrix, means: readonly number[]): Matrix {
  const weighted = design.map((row, i) => row.map((value) => value / (means[i] ?? 1)));
  return multiply(transposed(design), weighted);
}

/** A step that leaves the range of counts goes only part of the way: a tenth of the last mean remains. */
function positiveMeans(proposed: readonly number[], last: readonly number[]): number[] {
  const means = proposed.map((mean, i) => Math.max(mean, 0.1 * (last[i] ?? 1)));
  if (means.every((mean) => mean > SMALLEST_MEAN)) return means;
  throw new AssayError(
    "CURVE_NEGATIVE",
    "The best curve falls to zero micronuclei or below at a calibration dose, so that it describes no yield. " +
      "Check the counts of the low doses, add cells there, or fit the linear model.",
  );
}

/** Fewer micronuclei than this in all cells of a dose are none: the fit is running below zero. */
const SMALLEST_MEAN = 1e-6;

function judgeFit(counts: readonly number[], means: readonly number[], parameters: number): GoodnessOfFit {
  const over = (term: (count: number, mean: number) => number): number =>
    counts.reduce((sum, count, i) => sum + term(count, means[i] ?? 0), 0);
  const degreesOfFreedom = counts.length - parameters;
  const pearsonChiSquared = over((count, mean) => (count - mean) ** 2 / mean);
  const logLikelihood = over((count, mean) => count * Math.log(mean) - mean - logFactorial(count));
  return {
    degreesOfFreedom,
    pearsonChiSquared,
    pValue: degreesOfFreedom > 0 ? chiSquaredUpperTail(pearsonChiSquared, degreesOfFreedom) : null,
    dispersion: degreesOfFreedom > 0 ? pearsonChiSquared / degreesOfFreedom : null,
    deviance: 2 * over((count, mean) => (count === 0 ? 0 : count * Math.log(count / mean)) - (count - mean)),
    logLikelihood,
    aic: 2 * parameters - 2 * logLikelihood,
  };
}

function scaleFactor(dispersion: number | null, scaling: DispersionScaling): number {
  if (dispersion === null || scaling === "never") return 1;
  return scaling === "always" ? dispersion : Math.max(1, dispersion);
}

function named([c = 0, alpha = 0, beta = 0]: readonly number[]): CurveCoefficients {
  return { c, alpha, beta };
}

/** A 2 x 2 covariance with zeros for the missing beta. */
function padded(matrix: Matrix): Matrix {
  return [0, 1, 2].map((row) => [0, 1, 2].map((col) => matrix[row]?.[col] ?? 0));
}

function column(values: readonly number[]): Matrix {
  return values.map((value) => [value]);
}

function transposed(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, col) => matrix.map((row) => row[col] ?? 0));
}

function requirePoints(points: readonly CalibrationPoint[], model: CurveModel): void {
  for (const { doseGray, bnCells, micronuclei } of points) {
    requireQuantity(doseGray, "dose");
    requireTotal(bnCells, `number of binucleated cells at ${doseGray} Gy`);
    requireCount(micronuclei, `number of micronuclei at ${doseGray} Gy`);
  }
  const needed = model === "linear" ? 2 : 3;
  const doses = new Set(points.map(({ doseGray }) => doseGray)).size;
  if (doses < needed)
    throw new AssayError(
      "TOO_FEW_DOSES",
      `A ${model} curve needs at least ${needed} different doses, got ${doses}. ` +
        "Good practice is 7 or more, with the control among them.",
    );
  if (points.every(({ micronuclei }) => micronuclei === 0))
    throw new AssayError("NO_MICRONUCLEI", "No micronuclei at any dose: there is no dose response to fit.");
}
