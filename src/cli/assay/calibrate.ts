import {
  type CurveModel,
  type DispersionScaling,
  type FittedCurve,
  fitCalibrationCurve,
} from "../../assay/calibration-curve.ts";
import { calibrationPoints, formatCalibrationPoints } from "../../assay/count-table.ts";
import { formatCurve } from "../../assay/curve-file.ts";
import { inWords, pValueInWords } from "../../assay/wording.ts";
import { writeFileAtomically } from "../../core/files.ts";
import { type Console, formatTable } from "../console.ts";
import { readCountTable } from "./input.ts";

type CalibrateOptions = {
  readonly out?: string;
  readonly exportCounts?: string;
  readonly model: CurveModel;
  readonly scaling: DispersionScaling;
};

/** `mn assay calibrate`. */
export async function runCalibrate(table: string, options: CalibrateOptions, console: Console): Promise<void> {
  const points = calibrationPoints(await readCountTable(table), table);
  const curve = fitCalibrationCurve(points, { model: options.model, scaling: options.scaling });
  if (options.out !== undefined) await writeFileAtomically(options.out, formatCurve(curve));
  if (options.exportCounts !== undefined)
    await writeFileAtomically(options.exportCounts, formatCalibrationPoints(points));
  console.result(curve, inSentences(curve, options));
}

function inSentences(curve: FittedCurve, { out, exportCounts }: CalibrateOptions): string {
  return [
    formulaOf(curve),
    coefficientTable(curve),
    fitInWords(curve),
    pointTable(curve),
    `Valid from ${inWords(curve.doseRangeGray.low)} to ${inWords(curve.doseRangeGray.high)} Gy, for cells scored as these were.`,
    ...(out === undefined ? [] : [`Curve written to ${out}; use it with mn assay dose --curve ${out}.`]),
    ...(exportCounts === undefined ? [] : [`Totals written to ${exportCounts}.`]),
  ].join("\n\n");
}

function formulaOf({ model, coefficients: { c, alpha, beta } }: FittedCurve): string {
  const term = (value: number, power: string): string =>
    ` ${value < 0 ? "-" : "+"} ${inWords(Math.abs(value))} ${power}`;
  const quadratic = model === "linear" ? "" : term(beta, "D^2");
  return `Micronuclei a cell = ${inWords(c)}${term(alpha, "D")}${quadratic}   (D: dose in Gy)`;
}

function coefficientTable({ model, coefficients, standardErrors }: FittedCurve): string {
  const names = model === "linear" ? (["c", "alpha"] as const) : (["c", "alpha", "beta"] as const);
  return formatTable([
    ["coefficient", "estimate", "standard error"],
    ...names.map((name) => [name, inWords(coefficients[name]), inWords(standardErrors[name])]),
  ]);
}

function fitInWords({ goodnessOfFit }: FittedCurve): string {
  const { dispersion, pValue, pearsonChiSquared, degreesOfFreedom, aic } = goodnessOfFit;
  if (pValue === null || dispersion === null)
    return "As many coefficients as doses: the curve passes through every point, so that its fit cannot be judged.";
  const verdict =
    pValue < 0.05
      ? "The points scatter more than counting error explains: look for an outlying dose."
      : "The curve fits: the points scatter no more than counting error explains.";
  return (
    `Goodness of fit: chi-squared ${inWords(pearsonChiSquared)} on ${degreesOfFreedom} degrees of freedom, ` +
    `p ${pValueInWords(pValue)}; dispersion ${inWords(dispersion)}; AIC ${inWords(aic)}.\n  ${verdict}`
  );
}

function pointTable({ points, coefficients: { c, alpha, beta } }: FittedCurve): string {
  return formatTable([
    ["dose (Gy)", "cells", "MN", "MN a cell", "curve"],
    ...points.map(({ doseGray, bnCells, micronuclei }) => [
      inWords(doseGray),
      inWords(bnCells),
      inWords(micronuclei),
      inWords(micronuclei / bnCells),
      inWords(c + alpha * doseGray + beta * doseGray ** 2),
    ]),
  ]);
}
