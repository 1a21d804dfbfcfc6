import type { CalibrationCurve } from "../../assay/calibration-curve.ts";
import type { CountRow } from "../../assay/count-table.ts";
import { parseCurve } from "../../assay/curve-file.ts";
import { type DoseEstimate, estimateDoseDelta, estimateDoseMerkle, protractionFactor } from "../../assay/dose.ts";
import { estimatePartialBodyDose, type PartialBodyEstimate } from "../../assay/partial-body.ts";
import { inWords, percentInWords } from "../../assay/wording.ts";
import { type Console, formatTable } from "../console.ts";
import { type CountOptions, dispersionOfRow, missingInput, readText, rowsOf } from "./input.ts";

type DoseOptions = CountOptions & {
  readonly curve: string;
  readonly method: "delta" | "merkle";
  readonly widening: boolean;
  readonly hours?: number;
  readonly repairHours: number;
  readonly partialBody?: boolean;
  readonly survivalDose: number;
  readonly level?: number;
};

type CaseResult = {
  readonly name: string;
  readonly bnCells: number;
  readonly micronuclei: number;
  /** s^2 / y; null where totals only were given, and Poisson was assumed. */
  readonly dispersionIndex: number | null;
  readonly wholeBody: DoseEstimate;
  readonly partialBody: PartialBodyEstimate | null;
};

/** `mn assay dose`. */
export async function runDose(table: string | undefined, options: DoseOptions, console: Console): Promise<void> {
  const curve = parseCurve(await readText(options.curve), options.curve);
  const protraction = options.hours === undefined ? 1 : protractionFactor(options.hours, options.repairHours);
  const rows = await rowsOf(table, options);
  const cases = rows.map((row) => estimateCase(curve, row, options, protraction));
  const [only] = cases;
  const words = table === undefined && only ? caseInWords(only, curve, protraction) : asTable(cases, curve);
  console.result({ curve: options.curve, protraction, cases }, words);
}

function estimateCase(curve: CalibrationCurve, row: CountRow, options: DoseOptions, protraction: number): CaseResult {
  const { name, bnCells, micronuclei, distribution } = row;
  if (micronuclei === null)
    throw missingInput("A dose is read off the micronuclei (--mn, column X), not off the cells that have some.");
  if (options.partialBody && distribution === null)
    throw missingInput("A partial-body estimate needs the distribution: --distribution, or columns C0, C1, ...");
  const dispersionIndex = dispersionOfRow(row)?.dispersionIndex ?? null;
  const settings = { protraction, ...(options.level !== undefined && { level: options.level }) };
  const sample = { bnCells, micronuclei, dispersionIndex };
  return {
    name,
    bnCells,
    micronuclei,
    dispersionIndex,
    wholeBody:
      options.method === "delta"
        ? estimateDoseDelta(curve, sample, settings)
        : estimateDoseMerkle(curve, sample, { ...settings, widen: options.widening }),
    partialBody:
      options.partialBody && distribution !== null
        ? estimatePartialBodyDose(curve, distribution, { ...settings, survivalDoseGray: options.survivalDose })
        : null,
  };
}

function caseInWords(found: CaseResult, curve: CalibrationCurve, protraction: number): string {
  const { wholeBody, micronuclei, bnCells } = found;
  return [
    `Whole-body dose: ${gray(wholeBody.doseGray)} Gy.\n  ${limitsInWords(wholeBody)}`,
    `From ${inWords(micronuclei)} micronuclei in ${inWords(bnCells)} binucleated cells ` +
      `(${inWords(wholeBody.yieldPerCell)} a cell).${protractionInWords(protraction)}`,
    ...notesOn(found, curve).map((note) => `Note: ${note}`),
    ...(found.partialBody ? [partialBodyInWords(found.partialBody)] : []),
  ].join("\n");
}

function limitsInWords({ low, high, level, method }: DoseEstimate): string {
  const name = method === "delta" ? "delta method" : "Merkle's method, limits of yield and curve together";
  return high === null
    ? `${percentInWords(level)} interval: from ${gray(low)} Gy, without an upper limit (${name})`
    : `${percentInWords(level)} interval: ${gray(low)} to ${gray(high)} Gy (${name})`;
}

function protractionInWords(protraction: number): string {
  return protraction === 1 ? "" : ` Protracted exposure, G = ${inWords(protraction)}.`;
}

function notesOn({ wholeBody, dispersionIndex }: CaseResult, curve: CalibrationCurve): string[] {
  const notes: string[] = [];
  if (wholeBody.atBackground)
    notes.push(
      `the yield does not exceed the curve's background of ${inWords(curve.coefficients.c)} a cell: the counts show no dose, ` +
        "and exclude one above the upper limit only.",
    );
  if (wholeBody.high === null)
    notes.push("the curve's lower confidence band never reaches this yield: no upper limit can be given.");
  else if (wholeBody.extrapolated)
    notes.push(
      `the interval reaches beyond the calibrated doses, which end at ${inWords(curve.doseRangeGray.high)} Gy.`,
    );
  if (dispersionIndex === null)
    notes.push("only totals were given, so that Poisson counts are assumed; --distribution would show overdispersion.");
  return notes;
}

function partialBodyInWords(found: PartialBodyEstimate): string {
  return [
    "",
    `Partial-body dose (EXPERIMENTAL, Dolphin): ${gray(found.doseGray)} Gy to ` +
      `${(100 * found.irradiatedFraction).toFixed(0)} % of the body.`,
    `  ${percentInWords(found.level)} interval: ${gray(found.doseInterval.low)} to ${gray(found.doseInterval.high)} Gy`,
    "  Not for decisions: micronuclei of the background, and the overdispersion that they show even after a uniform",
    "  exposure, are taken for a partial one.",
  ].join("\n");
}

function asTable(cases: readonly CaseResult[], curve: CalibrationCurve): string {
  const [first] = cases;
  const level = percentInWords(first?.wholeBody.level ?? 0.95);
  const rows = cases.map(({ name, bnCells, micronuclei, wholeBody: { yieldPerCell, doseGray, low, high } }) => [
    name,
    inWords(bnCells),
    inWords(micronuclei),
    inWords(yieldPerCell),
    gray(doseGray),
    high === null ? `from ${gray(low)}` : `${gray(low)} to ${gray(high)}`,
  ]);
  const notes = cases.flatMap((found) => notesOn(found, curve).map((note) => `Note on ${found.name}: ${note}`));
  const partial = cases.flatMap(({ name, partialBody }) =>
    partialBody ? [`${name}${partialBodyInWords(partialBody)}`] : [],
  );
  const headings = ["case", "cells", "MN", "MN a cell", "dose (Gy)", `${level} interval`];
  return [formatTable([headings, ...rows]), notes.join("\n"), ...partial].filter((part) => part !== "").join("\n\n");
}

/** A dose for reading: to the hundredth of a gray. */
function gray(dose: number): string {
  return dose.toFixed(2);
}
