import {
  type ChiSquaredTest,
  type ComparisonPValues,
  chiSquaredTest,
  compareTotals,
  fisherExact,
  holm,
  oddsRatio,
  type RiskRatio,
  riskRatio,
} from "../../assay/comparison.ts";
import type { CountRow } from "../../assay/count-table.ts";
import type { MicronucleusCount, MnbnCount } from "../../assay/frequency.ts";
import { intervalInWords, inWords, percentInWords, pValueInWords } from "../../assay/wording.ts";
import { type Console, formatTable } from "../console.ts";
import type { Fraction } from "./arguments.ts";
import { missingInput, readCountTable } from "./input.ts";

type CompareOptions = {
  readonly treated?: Fraction;
  readonly control?: Fraction;
  readonly treatedMn?: Fraction;
  readonly controlMn?: Fraction;
  readonly level?: number;
};

type CellComparison = {
  readonly fisher: ComparisonPValues;
  readonly chiSquared: ChiSquaredTest | null;
  readonly chiSquaredYates: ChiSquaredTest | null;
  readonly oddsRatio: number | null;
  readonly riskRatio: RiskRatio | null;
};

/** `mn assay compare`. */
export async function runCompare(table: string | undefined, options: CompareOptions, console: Console): Promise<void> {
  const { treated, control, treatedMn, controlMn, level = 0.95 } = options;
  if (table !== undefined) {
    if (treated ?? control ?? treatedMn ?? controlMn)
      throw missingInput("Give either a table or counts as options, not both.");
    return compareTable(await readCountTable(table), console);
  }
  const cells = pairOf(treated, control, ({ part, whole }) => ({ mnbnCells: part, bnCells: whole }));
  const totals = pairOf(treatedMn, controlMn, ({ part, whole }) => ({ micronuclei: part, bnCells: whole }));
  if (cells === null && totals === null)
    throw missingInput(
      "Give --treated and --control (cells with micronuclei), --treated-mn and --control-mn, or a table.",
    );
  const ofCells = cells && compareCells(...cells, level);
  const ofTotals = totals && compareTotals(...totals);
  const words = [
    cells && ofCells ? cellsInWords(...cells, ofCells, level) : "",
    totals && ofTotals ? totalsInWords(...totals, ofTotals) : "",
  ];
  console.result({ level, cells: ofCells, totals: ofTotals }, words.filter((part) => part !== "").join("\n\n"));
}

function pairOf<T>(
  treated: Fraction | undefined,
  control: Fraction | undefined,
  read: (given: Fraction) => T,
): [T, T] | null {
  if (treated === undefined && control === undefined) return null;
  if (treated === undefined || control === undefined)
    throw missingInput("A comparison needs both the treated sample and the control.");
  return [read(treated), read(control)];
}

function compareCells(treated: MnbnCount, control: MnbnCount, level: number): CellComparison {
  const positives = treated.mnbnCells + control.mnbnCells;
  const differ = positives > 0 && positives < treated.bnCells + control.bnCells;
  return {
    fisher: fisherExact(treated, control),
    chiSquared: differ ? chiSquaredTest(treated, control) : null,
    chiSquaredYates: differ ? chiSquaredTest(treated, control, { yates: true }) : null,
    oddsRatio: oddsRatio(treated, control),
    riskRatio: riskRatio(treated, control, level),
  };
}

function cellsInWords(treated: MnbnCount, control: MnbnCount, found: CellComparison, level: number): string {
  const { fisher, chiSquared, chiSquaredYates, riskRatio: ratio } = found;
  return [
    `Cells with micronuclei: ${rate(treated.mnbnCells, treated.bnCells)} treated, ` +
      `${rate(control.mnbnCells, control.bnCells)} control.`,
    conclusion(fisher, "frequency"),
    "",
    ratio === null
      ? "  Risk ratio               undefined, for a group has no cell with micronuclei"
      : `  Risk ratio               ${inWords(ratio.ratio)}, ${percentInWords(level)} interval ` +
        `${intervalInWords(ratio.interval)} (log-Wald)`,
    `  Fisher's exact test      p ${pValueInWords(fisher.higher)} one-sided (treated higher), ` +
      `${pValueInWords(fisher.twoSided)} two-sided`,
    chiSquaredLine("Chi-squared            ", chiSquared),
    chiSquaredLine("Chi-squared with Yates ", chiSquaredYates),
  ]
    .filter((line) => line !== null)
    .join("\n");
}

function chiSquaredLine(name: string, test: ChiSquaredTest | null): string | null {
  return test && `  ${name}  ${inWords(test.statistic)}, p ${pValueInWords(test.twoSided)} two-sided`;
}

function totalsInWords(treated: MicronucleusCount, control: MicronucleusCount, found: ComparisonPValues): string {
  return [
    `Micronuclei: ${rate(treated.micronuclei, treated.bnCells)} treated, ` +
      `${rate(control.micronuclei, control.bnCells)} control.`,
    conclusion(found, "yield"),
    "",
    `  Conditional binomial     p ${pValueInWords(found.higher)} one-sided (treated higher), ` +
      `${pValueInWords(found.twoSided)} two-sided; assumes Poisson counts`,
  ].join("\n");
}

function rate(part: number, cells: number): string {
  return `${inWords((1000 * part) / cells)} per 1000 (${inWords(part)} of ${inWords(cells)})`;
}

/** One-sided, for micronucleus assays ask whether treatment raises the frequency. */
function conclusion({ higher, lower }: ComparisonPValues, what: string): string {
  if (higher < 0.05) return `The treated ${what} is significantly higher than the control's.`;
  if (lower < 0.05) return `The treated ${what} is significantly lower than the control's.`;
  return `No significant difference between the treated ${what} and the control's was found.`;
}

function compareTable(rows: readonly CountRow[], console: Console): void {
  const groups = rows.map(mnbnOfRow);
  const [control, ...treated] = groups;
  if (control === undefined || treated.length === 0)
    throw missingInput("A comparison needs a table of at least two rows: the control first, then the treated samples.");
  const pValues = treated.map((group) => fisherExact(group, control).higher);
  const adjusted = holm(pValues);
  const comparisons = treated.map((group, index) => ({
    ...group,
    pValue: pValues[index] ?? 1,
    adjustedPValue: adjusted[index] ?? 1,
  }));
  const body = comparisons.map(({ name, mnbnCells, bnCells, pValue, adjustedPValue }) => [
    name,
    inWords(bnCells),
    inWords(mnbnCells),
    inWords((1000 * mnbnCells) / bnCells),
    pValueInWords(pValue),
    pValueInWords(adjustedPValue),
  ]);
  const first = [control.name, inWords(control.bnCells), inWords(control.mnbnCells)];
  const headings = ["sample", "cells", "MNBN", "per 1000", "p", "p (Holm)"];
  console.result(
    { control, comparisons },
    `${formatTable([headings, [...first, inWords((1000 * control.mnbnCells) / control.bnCells), "", ""], ...body])}\n\n` +
      `p: Fisher's exact test, one-sided, against ${control.name}. p (Holm): corrected for ${treated.length} comparisons.`,
  );
}

function mnbnOfRow({ name, mnbnCells, bnCells }: CountRow): MnbnCount & { readonly name: string } {
  if (mnbnCells === null)
    throw missingInput(`${name} has no cells with micronuclei: give the column MNBN, or C0, C1, ...`);
  return { name, mnbnCells, bnCells };
}
