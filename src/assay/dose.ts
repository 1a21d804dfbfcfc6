import { AssayError } from "../core/errors.ts";
import { type CalibrationCurve, yieldAt } from "./calibration-curve.ts";
import { garwood, type Interval } from "./frequency.ts";
import { chiSquaredQuantile } from "./gamma-distribution.ts";
import { requireCount, requireProbability, requireQuantity, requireTotal } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";
import { quadraticForm } from "./small-matrix.ts";

/** All micronuclei in a person's binucleated cells. */
export type CaseCount = {
  readonly bnCells: number;
  readonly micronuclei: number;
  /** s^2 / y of the case's distribution; null or absent where only totals are known, and Poisson is assumed. */
  readonly dispersionIndex?: number | null;
};

export type DoseEstimate = {
  readonly method: "delta" | "merkle";
  readonly level: number;
  /** Micronuclei per cell. */
  readonly yieldPerCell: number;
  /** 0 where the yield does not exceed the curve's background. */
  readonly doseGray: number;
  readonly low: number;
  /** Null where the curve's lower band never reaches the yield's upper limit: no upper limit can be given. */
  readonly high: number | null;
  /** Delta method only. */
  readonly standardErrorGray: number | null;
  /** The yield does not exceed the curve's background C. */
  readonly atBackground: boolean;
  /** The estimate or a limit lies beyond the doses at which the curve was measured. */
  readonly extrapolated: boolean;
};

type DoseSettings = { readonly level?: number; readonly protraction?: number };

/**
 * Share of the quadratic term that remains when the dose is spread over time: G = 2 (x - 1 + e^-x) / x^2, x = t / t0.
 * t0, the mean lifetime of the breaks, is about 2 h. In (0, 1], 1 for an acute exposure. STATISTICS 11.
 */
export function protractionFactor(hours: number, repairHours = 2): number {
  requireQuantity(hours, "duration of the exposure in hours");
  requireQuantity(repairHours, "repair time in hours");
  if (repairHours === 0) throw new AssayError("QUANTITY_INVALID", "The repair time must exceed 0 hours, got 0.");
  const x = hours / repairHours;
  // Below this the closed form cancels; the series' next term, x^3 / 60, is under 1e-11.
  if (x < 1e-4) return 1 - x / 3 + x ** 2 / 12;
  return (2 * (x - 1 + Math.exp(-x))) / x ** 2;
}

/**
 * The dose D at which c + alpha D + G beta D^2 = y, 0 if y <= c:
 *
 *   D = (-alpha + sqrt(alpha^2 + 4 beta G (y - c))) / (2 beta G)
 *
 * computed as 2 (y - c) / (alpha + sqrt(...)), which also holds for beta = 0. Throws NO_DOSE for a yield that the curve
 * never reaches.
 */
export function doseAtYield(curve: CalibrationCurve, yieldPerCell: number, protraction = 1): number {
  requireRising(curve);
  const { c, alpha, beta } = curve.coefficients;
  const excess = yieldPerCell - c;
  if (excess <= 0) return 0;
  const discriminant = alpha ** 2 + 4 * beta * protraction * excess;
  if (discriminant >= 0) return (2 * excess) / (alpha + Math.sqrt(discriminant));
  throw new AssayError(
    "NO_DOSE",
    `The curve bends down and never reaches ${yieldPerCell} micronuclei per cell: no dose corresponds to it. ` +
      "Check that the curve belongs to this kind of micronucleus count.",
  );
}

/**
 * Whole-body dose with the delta method, the default for micronuclei: D +- z SE, SE^2 = g' diag(Cov, s_y^2) g with
 *
 *   g = (-1, -D, -G D^2, +1) / (alpha + 2 beta G D)   on (c, alpha, beta, y)
 *
 * s_y = sqrt(DI y / N), the empirical error, where the dispersion index DI >= 1, else the Poisson sqrt(X) / N. At a yield
 * below the background, s_y is the background's: fewer micronuclei than expected are no surer knowledge. Limits are
 * clamped to 0. STATISTICS 11.
 */
export function estimateDoseDelta(
  curve: CalibrationCurve,
  sample: CaseCount,
  settings: DoseSettings = {},
): DoseEstimate {
  const { level, protraction } = checkedSettings(settings);
  const yieldPerCell = checkedYield(sample);
  const doseGray = doseAtYield(curve, yieldPerCell, protraction);
  const standardErrorGray = deltaError(curve, doseGray, yieldVariance(curve, sample), protraction);
  const reach = twoSidedZ(level) * standardErrorGray;
  return {
    method: "delta",
    level,
    yieldPerCell,
    doseGray,
    standardErrorGray,
    ...judged(curve, yieldPerCell, { low: Math.max(0, doseGray - reach), high: doseGray + reach }),
  };
}

/** Standard error in gray of a dose read off the curve at a yield of the given variance. */
export function deltaError(
  curve: CalibrationCurve,
  doseGray: number,
  varianceOfYield: number,
  protraction = 1,
): number {
  const { alpha, beta } = curve.coefficients;
  const slope = alpha + 2 * beta * protraction * doseGray;
  if (slope <= 0)
    throw new AssayError(
      "NO_DOSE",
      `The curve is flat at ${doseGray} Gy (slope ${slope}), so that no dose can be read off it there. ` +
        "Use a curve that rises over the doses in question.",
    );
  const weights = [1, doseGray, protraction * doseGray ** 2];
  return Math.sqrt(quadraticForm(curve.covariance, weights) + varianceOfYield) / slope;
}

/**
 * Whole-body dose with Merkle's method: the exact Poisson limits of the yield meet the confidence band of the curve,
 *
 *   y_low = f(D) + R s(D) gives the lower dose,   y_high = f(D) - R s(D) the upper one
 *   R^2 = chi2(level; number of coefficients),    s^2 = g' Cov g,   g = (1, D, G D^2)
 *
 * With `widen` (default, as Biodose Tools) and DI >= 1 each limit is multiplied by (limit / y)^sqrt(DI). The usual level
 * is 83 %, which makes the dose interval about 95 %. STATISTICS 11, sources 17 and 47.
 */
export function estimateDoseMerkle(
  curve: CalibrationCurve,
  sample: CaseCount,
  settings: DoseSettings & { readonly widen?: boolean } = {},
): DoseEstimate {
  const { level, protraction } = checkedSettings({ level: 0.83, ...settings });
  const yieldPerCell = checkedYield(sample);
  const doseGray = doseAtYield(curve, yieldPerCell, protraction);
  const { low, high } = yieldLimits(sample, level, settings.widen ?? true);
  const limits = {
    low: bandCrossing(curve, low, level, protraction, "upper") ?? doseGray,
    high: bandCrossing(curve, high, level, protraction, "lower"),
  };
  return {
    method: "merkle",
    level,
    yieldPerCell,
    doseGray,
    standardErrorGray: null,
    ...judged(curve, yieldPerCell, limits),
  };
}

/** Exact Poisson limits of a case's yield, widened for overdispersion where asked. */
export function yieldLimits(
  { bnCells, micronuclei, dispersionIndex }: CaseCount,
  level: number,
  widen: boolean,
): Interval {
  const limits = garwood(micronuclei, level);
  const widened = (limit: number): number =>
    widen && micronuclei > 0 && (dispersionIndex ?? 0) >= 1
      ? limit * (limit / micronuclei) ** Math.sqrt(dispersionIndex ?? 0)
      : limit;
  return { low: widened(limits.low) / bnCells, high: widened(limits.high) / bnCells };
}

/** Half width at a dose of the curve's simultaneous confidence band, R s(D), in micronuclei per cell. */
export function bandHalfWidth(curve: CalibrationCurve, doseGray: number, level: number, protraction = 1): number {
  const coefficients = curve.model === "linear" ? 2 : 3;
  const variance = quadraticForm(curve.covariance, [1, doseGray, protraction * doseGray ** 2]);
  return Math.sqrt(chiSquaredQuantile(level, coefficients) * Math.max(0, variance));
}

/** Doses are searched up to this many times the curve's highest dose. */
const SEARCH_FACTOR = 10;
const SEARCH_STEPS = 4000;

/** The smallest dose at which a side of the band reaches a yield: 0 if it starts above, null if it never does. */
function bandCrossing(
  curve: CalibrationCurve,
  yieldPerCell: number,
  level: number,
  protraction: number,
  side: "lower" | "upper",
): number | null {
  const sign = side === "upper" ? 1 : -1;
  const above = (dose: number): boolean =>
    yieldAt(curve, dose, protraction) + sign * bandHalfWidth(curve, dose, level, protraction) >= yieldPerCell;
  if (above(0)) return 0;
  const step = (SEARCH_FACTOR * Math.max(curve.doseRangeGray.high, 1)) / SEARCH_STEPS;
  for (let index = 1; index <= SEARCH_STEPS; index++)
    if (above(index * step)) return bisect(above, (index - 1) * step, index * step);
  return null;
}

function bisect(above: (dose: number) => boolean, from: number, to: number): number {
  let [low, high] = [from, to];
  while (high - low > 1e-13 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (above(middle)) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function judged(
  curve: CalibrationCurve,
  yieldPerCell: number,
  limits: { readonly low: number; readonly high: number | null },
): Pick<DoseEstimate, "low" | "high" | "atBackground" | "extrapolated"> {
  return {
    ...limits,
    atBackground: yieldPerCell <= curve.coefficients.c,
    extrapolated: (limits.high ?? Number.POSITIVE_INFINITY) > curve.doseRangeGray.high,
  };
}

function yieldVariance(curve: CalibrationCurve, { bnCells, micronuclei, dispersionIndex }: CaseCount): number {
  const mean = Math.max(micronuclei / bnCells, curve.coefficients.c);
  return (mean * Math.max(1, dispersionIndex ?? 1)) / bnCells;
}

function checkedYield({ bnCells, micronuclei, dispersionIndex }: CaseCount): number {
  requireTotal(bnCells, "number of binucleated cells");
  requireCount(micronuclei, "number of micronuclei");
  if (dispersionIndex != null) requireQuantity(dispersionIndex, "dispersion index");
  return micronuclei / bnCells;
}

function checkedSettings({ level = 0.95, protraction = 1 }: DoseSettings): { level: number; protraction: number } {
  requireProbability(level, "confidence level");
  if (protraction > 0 && protraction <= 1) return { level, protraction };
  throw new AssayError(
    "PROTRACTION_OUT_OF_RANGE",
    `The protraction factor G must lie in (0, 1], got ${protraction}. It is 1 for an acute exposure.`,
  );
}

function requireRising({ coefficients: { alpha, beta } }: CalibrationCurve): void {
  if (alpha >= 0 && (alpha > 0 || beta > 0)) return;
  throw new AssayError(
    "CURVE_NOT_RISING",
    `The curve does not rise from dose 0 (alpha ${alpha}, beta ${beta}), so that a yield has no single dose. ` +
      "Check the curve's low doses, or fit the linear model.",
  );
}
