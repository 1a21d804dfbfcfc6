import type { CountRow } from "../../assay/count-table.ts";
import { type Dispersion, NOTABLE_U_VALUE } from "../../assay/dispersion.ts";
import { type MnbnFrequency, type MnYield, mnbnFrequency, mnYield } from "../../assay/frequency.ts";
import { type CorrectedRate, langReiczigel } from "../../assay/misclassification.ts";
import {
  cytokinesisBlockProliferationIndex,
  cytostasis,
  nuclearDivisionIndex,
  replicationIndex,
} from "../../assay/proliferation.ts";
import { intervalInWords, inWords, percentInWords } from "../../assay/wording.ts";
import { type Console, formatTable } from "../console.ts";
import type { Fraction } from "./arguments.ts";
import { type CountOptions, dispersionOfRow, missingInput, rowsOf } from "./input.ts";

type FrequencyOptions = CountOptions & {
  readonly nuclei?: readonly number[];
  readonly controlNuclei?: readonly number[];
  readonly sensitivity?: Fraction;
  readonly specificity?: Fraction;
  readonly level?: number;
};

type SampleResult = {
  readonly name: string;
  readonly dose: number | null;
  readonly bnCells: number;
  readonly mnbnCells: number | null;
  readonly micronuclei: number | null;
  readonly mnbn: MnbnFrequency | null;
  readonly yield: MnYield | null;
  readonly dispersion: Dispersion | null;
  readonly corrected: CorrectedRate | null;
};

type Proliferation = {
  readonly cbpi: number;
  readonly ndi: number;
  readonly replicationIndexPercent: number | null;
  readonly cytostasisPercent: number | null;
};

/** `mn assay frequency`. */
export async function runFrequency(
  table: string | undefined,
  options: FrequencyOptions,
  console: Console,
): Promise<void> {
  const { level = 0.95 } = options;
  const rows = await rowsOf(table, options);
  const samples = rows.map((row) => sampleResult(row, options, level));
  const proliferation = proliferationOf(options);
  const [only] = samples;
  const words =
    table === undefined && only
      ? [sampleInWords(only, level), proliferationInWords(proliferation)]
      : [asTable(samples, level)];
  console.result({ level, samples, proliferation }, words.filter((part) => part !== "").join("\n\n"));
}

function sampleResult(row: CountRow, options: FrequencyOptions, level: number): SampleResult {
  const { name, dose, bnCells, mnbnCells, micronuclei } = row;
  return {
    name,
    dose,
    bnCells,
    mnbnCells,
    micronuclei,
    mnbn: mnbnCells === null ? null : mnbnFrequency({ mnbnCells, bnCells }, level),
    yield: micronuclei === null ? null : mnYield({ micronuclei, bnCells }, level),
    dispersion: dispersionOfRow(row),
    corrected: correctedOf(row, options, level),
  };
}

function correctedOf(row: CountRow, options: FrequencyOptions, level: number): CorrectedRate | null {
  const { sensitivity, specificity } = options;
  if (sensitivity === undefined && specificity === undefined) return null;
  if (sensitivity === undefined || specificity === undefined || row.mnbnCells === null)
    throw missingInput("A correction needs --sensitivity and --specificity, and cells with micronuclei (--mnbn).");
  const measured = ({ part, whole }: Fraction) => ({ correct: part, of: whole });
  return langReiczigel(
    {
      calledPositive: row.mnbnCells,
      cells: row.bnCells,
      sensitivity: measured(sensitivity),
      specificity: measured(specificity),
    },
    level,
  );
}

function proliferationOf({ nuclei, controlNuclei }: FrequencyOptions): Proliferation | null {
  if (nuclei === undefined) {
    if (controlNuclei === undefined) return null;
    throw missingInput("--control-nuclei compares with --nuclei: give both.");
  }
  const treated = nucleation(nuclei);
  const control = controlNuclei === undefined ? null : nucleation(controlNuclei);
  return {
    cbpi: cytokinesisBlockProliferationIndex(treated),
    ndi: nuclearDivisionIndex(treated),
    replicationIndexPercent: control && replicationIndex(treated, control),
    cytostasisPercent: control && cytostasis(treated, control),
  };
}

type Nucleation = { mono: number; bi: number; tri: number; tetra: number; multi: number };

function nucleation(counts: readonly number[]): Nucleation {
  const [mono, bi, tri, tetra] = counts;
  if (mono === undefined || bi === undefined || tri === undefined || tetra === undefined || counts.length > 4)
    throw missingInput("Nuclei are four numbers: cells with 1, 2, 3, and 4 or more nuclei, such as 200,280,15,5.");
  return { mono, bi, tri, tetra, multi: tri + tetra };
}

function sampleInWords(sample: SampleResult, level: number): string {
  return [
    mnbnInWords(sample, level),
    correctedInWords(sample, level),
    yieldInWords(sample, level),
    dispersionInWords(sample.dispersion),
    `${percentInWords(level)} of such intervals hold the value that scoring every cell of the culture would give.`,
    hintOnMissing(sample),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function mnbnInWords({ mnbn, mnbnCells, bnCells }: SampleResult, level: number): string {
  if (mnbn === null || mnbnCells === null) return "";
  return [
    `MNBN frequency: ${inWords(mnbn.perThousand)} per 1000 ` +
      `(${inWords(mnbnCells)} of ${inWords(bnCells)} binucleated cells have micronuclei).`,
    `  ${percentInWords(level)} interval  ${intervalInWords(mnbn.clopperPearson)} per 1000 (Clopper-Pearson, exact)`,
    `                 ${intervalInWords(mnbn.wilson)} per 1000 (Wilson)`,
  ].join("\n");
}

function yieldInWords({ yield: found, micronuclei, bnCells }: SampleResult, level: number): string {
  if (found === null || micronuclei === null) return "";
  const { low, high } = found.poisson;
  return [
    `MN yield: ${inWords(found.perCell)} micronuclei a cell, ${inWords(1000 * found.perCell)} in 1000 ` +
      `(${inWords(micronuclei)} in ${inWords(bnCells)} binucleated cells).`,
    `  ${percentInWords(level)} interval  ${intervalInWords({ low: 1000 * low, high: 1000 * high })} in 1000 ` +
      "(Poisson, exact)",
  ].join("\n");
}

function correctedInWords({ corrected }: SampleResult, level: number): string {
  if (corrected === null) return "";
  const { low, high } = corrected.interval;
  const warning = corrected.belowFalsePositiveRate
    ? "\n  WARNING: fewer cells were called positive than the specificity makes by mistake. It does not fit this sample."
    : "";
  return (
    `Corrected for wrong calls: ${inWords(1000 * corrected.rate)} per 1000 (Rogan-Gladen).\n` +
    `  ${percentInWords(level)} interval  ${intervalInWords({ low: 1000 * low, high: 1000 * high })} per 1000 ` +
    `(Lang-Reiczigel; counts the uncertainty of sensitivity and specificity)${warning}`
  );
}

function dispersionInWords(dispersion: Dispersion | null): string {
  if (dispersion === null) return "";
  const { dispersionIndex, uValue } = dispersion;
  if (dispersionIndex === null || uValue === null)
    return "Dispersion: undefined, for there are too few micronuclei to judge it.";
  return `Dispersion: index ${inWords(dispersionIndex)}, u ${inWords(uValue)}.\n  ${meaningOf(uValue)}`;
}

function meaningOf(uValue: number): string {
  if (uValue > NOTABLE_U_VALUE)
    return (
      "The micronuclei crowd into fewer cells than by chance (overdispersed), as after a partial-body exposure:\n" +
      "  the interval of the yield is too narrow."
    );
  if (uValue < -NOTABLE_U_VALUE) return "The micronuclei spread more evenly than by chance (underdispersed).";
  return "The micronuclei are spread over the cells as by chance (Poisson).";
}

function hintOnMissing({ mnbn, yield: found }: SampleResult): string {
  if (mnbn === null)
    return "The share of cells with micronuclei is another number: give --mnbn or --distribution to get it.";
  return found === null ? "The micronuclei per cell are another number: give --mn or --distribution to get them." : "";
}

function proliferationInWords(found: Proliferation | null): string {
  if (found === null) return "";
  const relative =
    found.cytostasisPercent === null || found.replicationIndexPercent === null
      ? ""
      : `\n  against the control: replication index ${inWords(found.replicationIndexPercent)} %, ` +
        `cytostasis ${inWords(found.cytostasisPercent)} %`;
  return `Proliferation: CBPI ${inWords(found.cbpi)}, NDI ${inWords(found.ndi)}${relative}`;
}

function asTable(samples: readonly SampleResult[], level: number): string {
  const interval = `${percentInWords(level)} interval`;
  const number = (value: number | null | undefined): string => (value == null ? "" : inWords(value));
  const dosed = samples.some(({ dose }) => dose !== null);
  const rows = samples.map(({ name, dose, bnCells, mnbnCells, micronuclei, mnbn, yield: found, dispersion }) => [
    name,
    ...(dosed ? [number(dose)] : []),
    inWords(bnCells),
    number(mnbnCells),
    number(mnbn?.perThousand),
    mnbn === null ? "" : intervalInWords(mnbn.clopperPearson),
    number(micronuclei),
    number(found?.perCell),
    found === null ? "" : intervalInWords(found.poisson),
    number(dispersion?.uValue),
  ]);
  const headings = [
    "sample",
    ...(dosed ? ["dose"] : []),
    "cells",
    "MNBN",
    "per 1000",
    interval,
    "MN",
    "MN a cell",
    interval,
    "u",
  ];
  return (
    `${formatTable([headings, ...rows])}\n\n` +
    "MNBN: cells with micronuclei (Clopper-Pearson interval); MN: all micronuclei (exact Poisson interval).\n" +
    `u above ${NOTABLE_U_VALUE}: the micronuclei crowd into fewer cells than by chance; the Poisson interval is too narrow.`
  );
}
