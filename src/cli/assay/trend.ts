import type { MnbnCount } from "../../assay/frequency.ts";
import { describeHistoricalControl, type HistoricalControl } from "../../assay/historical-control.ts";
import type { DoseGroup } from "../../assay/trend.ts";
import { judgeStudy, type TreatedGroup, type Verdict } from "../../assay/verdict.ts";
import { inWords, pValueInWords } from "../../assay/wording.ts";
import { type Console, formatTable } from "../console.ts";
import { missingInput, readCountTable } from "./input.ts";

type TrendOptions = {
  readonly doses?: readonly number[];
  readonly positives?: readonly number[];
  readonly cells?: readonly number[];
  readonly cytostasis?: readonly number[];
  readonly historical?: readonly number[];
  readonly historicalCells?: readonly number[];
  readonly scores: "dose" | "rank";
  readonly alpha: number;
};

/** `mn assay trend`. */
export async function runTrend(table: string | undefined, options: TrendOptions, console: Console): Promise<void> {
  const groups = pooledByDose(table === undefined ? groupsOfOptions(options) : await groupsOfTable(table, options));
  const control = groups.find(({ dose }) => dose === 0);
  if (control === undefined) throw missingInput("The control is missing: one of the doses must be 0.");
  const history = historyOf(options);
  const verdict = judgeStudy(
    {
      control,
      treated: groups.filter(({ dose }) => dose !== 0),
      ...(history && { historicalRatePerCell: history.ratePerCell }),
    },
    { alpha: options.alpha, trendScores: options.scores },
  );
  console.result({ control, ...verdict, history }, inSentences(control, verdict, history));
}

function groupsOfOptions({ doses, positives, cells, cytostasis }: TrendOptions): TreatedGroup[] {
  if (doses === undefined || positives === undefined || cells === undefined)
    throw missingInput("Give --doses, --positives and --cells, or a table with D, N and MNBN.");
  const bnCells = expanded(cells, doses.length, "--cells");
  const mnbnCells = matching(positives, doses.length, "--positives");
  const losses = cytostasis && matching(cytostasis, doses.length, "--cytostasis");
  return doses.map((dose, index) => ({
    dose,
    mnbnCells: mnbnCells[index] ?? 0,
    bnCells: bnCells[index] ?? 0,
    ...(losses && { cytostasisPercent: losses[index] ?? 0 }),
  }));
}

async function groupsOfTable(path: string, { doses, positives, cells }: TrendOptions): Promise<TreatedGroup[]> {
  if (doses !== undefined || positives !== undefined || cells !== undefined)
    throw missingInput("Give either a table or counts as options, not both.");
  return (await readCountTable(path)).map(({ name, dose, mnbnCells, bnCells }) => {
    if (dose === null || mnbnCells === null)
      throw missingInput(
        `${name} has no ${dose === null ? "dose: give the column D" : "MNBN: give it, or C0, C1, ..."}.`,
      );
    return { dose, mnbnCells, bnCells };
  });
}

/** Replicate cultures of a dose as one group, doses in rising order. */
function pooledByDose(groups: readonly TreatedGroup[]): TreatedGroup[] {
  const byDose = Map.groupBy(groups, ({ dose }) => dose);
  return [...byDose.values()].map((same) => same.reduce(pool)).sort((a, b) => a.dose - b.dose);
}

function pool(a: TreatedGroup, b: TreatedGroup): TreatedGroup {
  return { ...a, mnbnCells: a.mnbnCells + b.mnbnCells, bnCells: a.bnCells + b.bnCells };
}

function historyOf({ historical, historicalCells }: TrendOptions): HistoricalControl | null {
  if (historical === undefined && historicalCells === undefined) return null;
  if (historical === undefined || historicalCells === undefined)
    throw missingInput("Historical controls need both --historical and --historical-cells.");
  const cells = expanded(historicalCells, historical.length, "--historical-cells");
  return describeHistoricalControl(
    historical.map((mnbnCells, i): MnbnCount => ({ mnbnCells, bnCells: cells[i] ?? 0 })),
  );
}

function expanded(values: readonly number[], length: number, option: string): readonly number[] {
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? new Array<number>(length).fill(only)
    : matching(values, length, option);
}

function matching(values: readonly number[], length: number, option: string): readonly number[] {
  if (values.length === length) return values;
  throw missingInput(`${option} has ${values.length} numbers where ${length} were expected, one for each dose.`);
}

function inSentences(control: DoseGroup, verdict: Verdict, history: HistoricalControl | null): string {
  return [
    verdict.summary.replaceAll(". ", ".\n  "),
    tableOf(control, verdict, history !== null),
    "p: Fisher's exact test against the control, one-sided; p (Holm): corrected for the number of doses.",
    history === null ? "" : historyInWords(history),
    verdict.remarks.map((remark) => `Note: ${remark}`).join("\n"),
    "Supports reporting for OECD TG 487; whether a study meets it is for the study director to judge.",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function tableOf(control: DoseGroup, { comparisons }: Verdict, historical: boolean): string {
  const limits = historical ? ["limits"] : [];
  const rows = comparisons.map(({ dose, bnCells, mnbnCells, perThousand, pValue, adjustedPValue, historical: own }) => [
    inWords(dose),
    inWords(bnCells),
    inWords(mnbnCells),
    inWords(perThousand),
    pValueInWords(pValue),
    pValueInWords(adjustedPValue),
    ...(own ? [`${own.low} to ${own.high}`] : []),
  ]);
  const first = [
    "0 (control)",
    inWords(control.bnCells),
    inWords(control.mnbnCells),
    inWords((1000 * control.mnbnCells) / control.bnCells),
    "",
    "",
    ...limits.map(() => ""),
  ];
  return formatTable([["dose", "cells", "MNBN", "per 1000", "p", "p (Holm)", ...limits], first, ...rows]);
}

function historyInWords({ experiments, ratePerCell, dispersionIndex, dispersionPValue }: HistoricalControl): string {
  const spread =
    dispersionPValue < 0.05
      ? "They differ by more than counting error: the Poisson limits are too narrow."
      : "They vary no more than counting error explains.";
  return (
    `Historical controls: ${experiments} experiments, ${inWords(1000 * ratePerCell)} per 1000, ` +
    `dispersion ${inWords(dispersionIndex)} (p ${pValueInWords(dispersionPValue)}). ${spread}`
  );
}
