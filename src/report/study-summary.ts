import { inWords, percentInWords, pValueInWords } from "../assay/wording.ts";
import type { ConcentrationGroup, DoseResult, GenotoxicityResult, SampleResult } from "../workspace/study-result.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatCount, formatPercent, NO_VALUE } from "./numbers.ts";
import { notes, section, table, tiles } from "./page.ts";
import {
  formatDose,
  formatDoseRange,
  formatPerThousand,
  formatPlain,
  formatRange,
  formatTime,
} from "./study-numbers.ts";
import { type StudyReport, type StudyTotals, totalsOf } from "./study-report.ts";

/** Samples on the page for reading; the table further down has all. */
const SAMPLES_ON_FIRST_PAGE = 12;
const TILES = 4;

/** The page for reading: the result with its interval, and how much of it persons have seen. */
export function summaryPage(report: StudyReport): Html {
  const totals = totalsOf(report.result.samples);
  return html`<div class="first-page">${[
    warningsOf(report, totals),
    section("Result", resultOf(report)),
    section("Who has seen what", confirmation(totals)),
    signatures(report),
  ]}</div>`;
}

/** One line under the title. */
export function ledeOf(report: StudyReport): string {
  const { study, result, head, stateAt } = report;
  const { samples, bnCells, mnbnCells } = totalsOf(result.samples);
  const kind = { frequency: "Frequency", biodosimetry: "Biodosimetry", genotoxicity: "Genotoxicity" }[
    study.design.kind
  ];
  return (
    `${kind} study ${study.name}: ${samples} samples, ${formatCount(bnCells)} binucleated cells, ${formatCount(mnbnCells)} with micronuclei. ` +
    `State of ${formatTime(stateAt)}, audit entry ${head.entries}.`
  );
}

function warningsOf({ result, scoring }: StudyReport, totals: StudyTotals): Html | null {
  const unscored = result.samples.reduce((sum, { uncounted }) => sum + uncounted.unscored, 0);
  const heterogeneous = (result.genotoxicity?.groups ?? []).filter(
    ({ heterogeneityPValue }) => (heterogeneityPValue ?? 1) < 0.05,
  );
  return notes(
    [
      totals.bnCells === 0 && "Nothing has been counted yet.",
      unscored > 0 &&
        `${formatCount(unscored)} cells have been seen by nobody yet, neither by a person nor by a model.`,
      result.excluded.length > 0 && `${result.excluded.length} sample(s) are left out; the deviations say why.`,
      totals.automaticMn > 0 &&
        `${formatCount(totals.automaticMn)} of ${formatCount(totals.mnbnCells)} cells with micronuclei were only called by the model` +
          `${scoring === null ? "" : ` ${scoring.modelSha256.slice(0, 12)}`}. ISO 17099:2024 excludes automated scoring.`,
      ...heterogeneous.map(
        ({ dose, heterogeneityPValue }) =>
          `The cultures at ${inWords(dose)} differ by more than counting error (p ${pValueInWords(heterogeneityPValue ?? 1)}): pooled tests are too optimistic there.`,
      ),
    ].filter((text) => text !== false),
  );
}

function resultOf(report: StudyReport): Content {
  const { dose, genotoxicity } = report.result;
  if (dose !== null) return doseSummary(report, dose);
  if (genotoxicity !== null) return genotoxicitySummary(genotoxicity);
  return frequencyTable(report.result.samples);
}

function doseSummary(report: StudyReport, { curve, doses }: DoseResult): Content {
  if (doses.length === 0)
    return html`<p>No sample of unknown dose has cells.</p>${frequencyTable(report.result.samples)}`;
  const items = doses.slice(0, TILES).map(({ sample, delta }) => ({
    name: sample.sample.name,
    value: "missing" in delta ? NO_VALUE : formatDose(delta.value.doseGray),
    interval: "missing" in delta ? "no dose" : formatDoseRange(delta.value.low, delta.value.high),
  }));
  const rows = doses.map(({ sample, counted, delta, merkle }) => [
    sample.sample.name,
    formatCount(counted.bnCells),
    formatCount(counted.micronuclei),
    formatPlain(counted.micronuclei / counted.bnCells),
    "missing" in delta ? NO_VALUE : formatDose(delta.value.doseGray),
    "missing" in delta ? NO_VALUE : formatDoseRange(delta.value.low, delta.value.high),
    "missing" in merkle ? NO_VALUE : formatDoseRange(merkle.value.low, merkle.value.high),
  ]);
  const event = report.study.design.endpoint === "mn" ? "micronuclei" : "with MN";
  const heads = ["sample", "cells", event, "per cell", "dose", "interval (delta)", "interval (Merkle, 83 %)"];
  const reasons = doses.flatMap(({ sample, delta }) => remarkOnDose(sample, delta));
  return html`${tiles(items)}
${table({ columns: heads.map((heading, index) => ({ heading, numeric: index > 0 })), rows })}
<p class="quiet">${"missing" in curve ? `No curve: ${curve.missing}` : `Whole-body dose of an acute${report.study.design.exposureHours > 0 ? `ly started exposure of ${report.study.design.exposureHours} h` : ""} exposure, read from ${curve.value.source}. Intervals at ${percentInWords(report.study.design.level)}.`}</p>
${reasons}`;
}

function remarkOnDose({ sample }: SampleResult, delta: DoseResult["doses"][number]["delta"]): Html[] {
  if ("missing" in delta) return [html`<p>${sample.name}: ${delta.missing}</p>`];
  const { atBackground, extrapolated } = delta.value;
  return [
    ...(atBackground ? [html`<p>${sample.name}: the frequency does not exceed the curve's background.</p>`] : []),
    ...(extrapolated ? [html`<p>${sample.name}: the estimate or a limit lies beyond the doses of the curve.</p>`] : []),
  ];
}

function genotoxicitySummary({ groups, verdict, doseUnit, positiveControls }: GenotoxicityResult): Content {
  const judged = "missing" in verdict ? null : verdict.value;
  const [control, ...treated] = groups;
  const rows = (control === undefined ? [] : [control, ...treated]).map((group) => {
    const comparison = judged?.comparisons.find(({ dose }) => dose === group.dose);
    return [
      group.dose === 0 ? "control" : `${inWords(group.dose)} ${doseUnit ?? ""}`,
      ...groupNumbers(group),
      comparison === undefined ? NO_VALUE : pValueInWords(comparison.adjustedPValue),
      group.cytostasisPercent === undefined ? NO_VALUE : `${inWords(Number(group.cytostasisPercent.toFixed(1)))} %`,
    ];
  });
  const controls = positiveControls.map((sample) => [
    `${sample.sample.name} (positive control)`,
    "1",
    formatCount(sample.bnCells),
    formatCount(sample.mnbnCells),
    formatPerThousand(sample.frequency?.perThousand ?? null),
    formatRange(sample.frequency?.clopperPearson ?? null),
    NO_VALUE,
    NO_VALUE,
  ]);
  const heads = [
    "concentration",
    "cultures",
    "cells",
    "with MN",
    "per 1000",
    "interval",
    "p (Fisher, Holm)",
    "cytostasis",
  ];
  return html`${verdictOf(verdict)}
${table({ columns: heads.map((heading, index) => ({ heading, numeric: index > 0 })), rows: [...rows, ...controls] })}
${judged !== null && judged.remarks.length > 0 && html`<p class="quiet">${judged.remarks.join(" ")}</p>`}`;
}

function groupNumbers({ samples, bnCells, mnbnCells, frequency }: ConcentrationGroup): string[] {
  return [
    String(samples),
    formatCount(bnCells),
    formatCount(mnbnCells),
    formatPerThousand(frequency.perThousand),
    formatRange(frequency.clopperPearson),
  ];
}

function verdictOf(verdict: GenotoxicityResult["verdict"]): Html {
  if ("missing" in verdict) return html`<p>No verdict: ${verdict.missing}</p>`;
  const { verdict: word, criteria } = verdict.value;
  const marks = { true: "Met", false: "Not met", null: "Not judged" } as const;
  const met = criteria.filter((criterion) => criterion.met === true).length;
  return html`${tiles([{ name: "Verdict", value: `${word.charAt(0).toUpperCase()}${word.slice(1)}`, interval: `${met} of ${criteria.length} criteria met` }])}
${criteria.map(({ met: isMet, reason }) => html`<p><strong>${marks[String(isMet) as keyof typeof marks]}.</strong> ${reason}</p>`)}`;
}

function frequencyTable(samples: readonly SampleResult[]): Html {
  const shown = samples.slice(0, SAMPLES_ON_FIRST_PAGE);
  const rows = shown.map(({ sample, bnCells, mnbnCells, frequency, confirmed }) => [
    sample.name,
    formatCount(bnCells),
    formatCount(mnbnCells),
    formatPerThousand(frequency?.perThousand ?? null),
    formatRange(frequency?.clopperPearson ?? null),
    bnCells === 0 ? NO_VALUE : formatPercent((confirmed.normal + confirmed.mn) / bnCells),
  ]);
  const heads = ["sample", "cells", "with MN", "per 1000", "interval", "confirmed"];
  const more = samples.length - shown.length;
  return html`${table({ columns: heads.map((heading, index) => ({ heading, numeric: index > 0 })), rows })}
${more > 0 && html`<p class="quiet">And ${more} more samples, all in the table further down.</p>`}`;
}

function confirmation(totals: StudyTotals): Html {
  const { bnCells, confirmedBn, confirmedMn, mnbnCells, automatic, automaticMn, readers } = totals;
  if (bnCells === 0) return html`<p>No cell counts yet.</p>`;
  const rows = [
    ["confirmed by a person", formatCount(confirmedBn), formatCount(confirmedMn), formatPercent(confirmedBn / bnCells)],
    ["called by the model alone", formatCount(automatic), formatCount(automaticMn), formatPercent(automatic / bnCells)],
    ["in all", formatCount(bnCells), formatCount(mnbnCells), "100.0 %"],
  ];
  const heads = ["", "cells that count", "of these with MN", "share"];
  const named = readers.map(({ reader, cells }) => `${reader} (${formatCount(cells)} cells)`).join(", ");
  return html`${table({ columns: heads.map((heading, index) => ({ heading, numeric: index > 0 })), rows })}
<p>${readers.length === 0 ? "No person has looked at any cell." : `Read by ${named}, cells that do not count included.`}</p>`;
}

function signatures({ head }: StudyReport): Html {
  const line = (role: string): Html => html`<div><div class="line"></div>${role}, date</div>`;
  return html`<div class="signatures">${[line("Prepared by"), line("Checked by"), line("Study director")]}</div>
<p class="quiet hash">Audit trail ${head.entries}:${head.hash}</p>`;
}
