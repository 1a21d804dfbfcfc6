import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import type { CalibrationCurve, FittedCurve } from "./calibration-curve.ts";

const row = z.tuple([z.number(), z.number(), z.number()]);

/** What a curve file must hold; a fitted one also has its points and goodness of fit. */
const schema = z.object({
  format: z.literal("micronucleus-calibration-curve"),
  version: z.literal(1),
  model: z.enum(["linear-quadratic", "linear"]),
  coefficients: z.object({ c: z.number(), alpha: z.number(), beta: z.number() }),
  covariance: z.tuple([row, row, row]).refine(isCovariance, "must be symmetric, with no negative variance"),
  doseRangeGray: z.object({ low: z.number().min(0), high: z.number().positive() }),
});

/** A curve as JSON text; every number in full precision. */
export function formatCurve(curve: FittedCurve): string {
  return `${JSON.stringify({ format: "micronucleus-calibration-curve", version: 1, ...curve }, null, 2)}\n`;
}

/** Reads a curve that `formatCurve` wrote, or one written by hand from a publication. */
export function parseCurve(text: string, source: string): CalibrationCurve {
  const result = schema.safeParse(readJson(text, source));
  if (!result.success) throw invalid(source, z.prettifyError(result.error).replaceAll("\n", " "));
  const { model, coefficients, covariance, doseRangeGray } = result.data;
  return { model, coefficients, covariance, doseRangeGray };
}

function readJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(source, "it is not JSON", error);
  }
}

function invalid(source: string, problem: string, cause?: unknown): AssayError {
  return new AssayError(
    "CURVE_FILE_INVALID",
    `${source} is no calibration curve: ${problem}. Make one with mn assay calibrate, or see its output for the fields.`,
    { cause },
  );
}

function isCovariance(matrix: readonly (readonly number[])[]): boolean {
  return matrix.every((values, i) =>
    values.every((value, j) => {
      const mirrored = matrix[j]?.[i] ?? Number.NaN;
      return i === j ? value >= 0 : Math.abs(value - mirrored) <= 1e-9 * Math.abs(value);
    }),
  );
}
