import { percentInWords } from "../assay/wording.ts";
import type { DoseResult } from "../workspace/study-result.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatCount, formatPercent } from "./numbers.ts";
import { facts, section, table } from "./page.ts";
import { formatPerThousand, formatPlain, formatRange, formatTime } from "./study-numbers.ts";
import { cardCorrection, ownAudit, type StudyReport } from "./study-report.ts";

/** How the result came about: study, model, data, statistics. */
export function methodsSections(report: StudyReport): Html[] {
  return [
    section("Methods", facts([...studyFacts(report), ...modelFacts(report)]), statistics(report)),
    ...(report.result.dose === null ? [] : [curveSection(report.result.dose)]),
    section("How good the model's calls are", qualityOfCalls(report)),
  ];
}

function studyFacts({ study, sources, version, head, stateAt }: StudyReport): (readonly [string, Content])[] {
  const { design } = study;
  const curve: (readonly [string, Content])[] =
    design.curve === null ? [] : [["Calibration curve", `${design.curve.source}, SHA-256 ${design.curve.sha256}`]];
  return [
    ["Study", `${study.name}, begun ${formatTime(study.createdAt)}`],
    [
      "Endpoint",
      design.endpoint === "mn" ? "all micronuclei, counted by persons" : "cells with at least one micronucleus (MNBN)",
    ],
    ...curve,
    [
      "Cells from",
      sources.map(({ path, sha256 }) => html`<div>${path}${sha256 !== null && `, SHA-256 ${sha256}`}</div>`),
    ],
    ["State", `${formatTime(stateAt)}, audit trail ${head.entries}:${head.hash}`],
    ["Software", `micronuclei ${version}`],
  ];
}

function modelFacts({ scoring, otherScorings }: StudyReport): (readonly [string, Content])[] {
  if (scoring === null) return [["Model", "none: no cell has been scored"]];
  const { model } = scoring;
  const point = model.operating_point as { rule?: string; chosen_on?: string } | undefined;
  const calibration = model.calibration as { method?: string; temperature?: number } | undefined;
  const network = model.network as { name?: string } | undefined;
  const others = otherScorings.map(
    ({ modelSha256, threshold }) =>
      html`<div>${modelSha256.slice(0, 16)}… at threshold ${formatPlain(threshold)}</div>`,
  );
  return [
    [
      "Model",
      html`${fileName(scoring.modelPath)} (${network?.name ?? "unknown network"}), SHA-256 ${scoring.modelSha256}`,
    ],
    [
      "Threshold",
      `${formatPlain(scoring.threshold)} (${point?.rule ?? "rule unknown"}, on ${point?.chosen_on ?? "unknown cells"})`,
    ],
    [
      "Calibration",
      `${calibration?.method ?? "unknown"}, temperature ${formatPlain(calibration?.temperature ?? null)}`,
    ],
    ["Training data", `hash ${String(model.data_hash ?? "unknown")}`],
    [
      "Scored",
      `from ${formatTime(scoring.startedAt)} with micronuclei ${scoring.version}, ${settingsText(scoring.settings)}`,
    ],
    ...(others.length === 0 ? [] : [["Other scorings, not used", others] as const]),
  ];
}

function settingsText(settings: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`);
  return texts.length === 0 ? "default settings" : texts.join(", ");
}

function fileName(path: string): string {
  return path.replace(/^.*[\\/]/, "");
}

function statistics({ study, result }: StudyReport): Html {
  const { level } = study.design;
  return html`<p>A call is a person's label where there is one, and the model's prediction where there is none. Of several labels the latest counts; an
adjudication counts before all others, and a second reading only where there is nothing else. Cells whose image cannot be read or is
not in order do not count until a person has labelled them; pictures that occur twice count once. Automatic calls take every cell for a
binucleated one.</p>
<p>Frequencies are cells with at least one micronucleus per 1000 binucleated cells, with exact intervals (Clopper and Pearson 1934, ${percentInWords(level)}).
Yields are micronuclei per binucleated cell, with exact Poisson intervals (Garwood 1936); they are given where persons have counted the micronuclei of every
cell that has some. u is the standardised dispersion index: above 1.96 the micronuclei are overdispersed. CBPI is the mean number of nuclei up to three.
Intervals take cells as independent; cultures, slides and donors differ by more.</p>
${
  result.genotoxicity !== null &&
  html`<p>Each concentration is compared with the control by Fisher's exact test, one-sided, adjusted by Holm; the trend is Cochran's and Armitage's, one-sided.
Cultures of one concentration are pooled. A verdict is positive where pairwise test, trend and historical limits agree, negative where none is met, else equivocal. This
supports reporting for OECD TG 487; it does not show that the study complies with it.</p>`
}
${
  result.dose !== null &&
  html`<p>The curve is fitted by maximum likelihood to Poisson counts; its covariance is enlarged where the points scatter by more. Doses are inverted from it: by the delta
method, and by Merkle's, in which the exact limits of the yield meet the curve's band.</p>`
}`;
}

function curveSection({ curve }: DoseResult): Html {
  if ("missing" in curve) return section("Dose-response curve", html`<p>${curve.missing}</p>`);
  const { fitted, source } = curve.value;
  const { coefficients, covariance } = curve.value.curve;
  const names = ["c", "alpha", "beta"] as const;
  const rows = names.map((name, index) => [
    name,
    formatPlain(coefficients[name]),
    formatPlain(Math.sqrt(covariance[index]?.[index] ?? 0)),
  ]);
  const fit = fitted?.goodnessOfFit;
  return section(
    "Dose-response curve",
    html`<p>y = c + alpha D + beta D², from ${source}.</p>`,
    table({
      columns: ["coefficient", "value", "standard error"].map((heading, at) => ({ heading, numeric: at > 0 })),
      rows,
    }),
    fit !== undefined &&
      html`<p>Pearson chi-squared ${formatPlain(fit.pearsonChiSquared)} with ${fit.degreesOfFreedom} degrees of freedom
(p ${formatPlain(fit.pValue)}), dispersion ${formatPlain(fit.dispersion)}.</p>`,
  );
}

function qualityOfCalls(report: StudyReport): Content {
  if (report.scoring === null) return html`<p>No model has called a cell of this study.</p>`;
  return [fromAudit(report), fromCard(report)];
}

function fromAudit(report: StudyReport): Html {
  const audit = ownAudit(report);
  if (audit === null)
    return html`<p>No random sample of both calls of this study was seen by a person, so that sensitivity and specificity on these cells are unknown.</p>`;
  const { positive, negative, estimate } = audit;
  const rows = [
    [
      "called positive",
      formatCount(positive.called),
      formatCount(positive.reviewed),
      formatCount(positive.foundPositive),
    ],
    [
      "called negative",
      formatCount(negative.called),
      formatCount(negative.reviewed),
      formatCount(negative.foundPositive),
    ],
  ];
  const shares = `sensitivity ${shareText(estimate.sensitivity)}, specificity ${shareText(estimate.specificity)}`;
  return html`<h3>On this study's own cells</h3>
${table({ columns: ["the model", "cells", "drawn and seen", "with MN"].map((heading, at) => ({ heading, numeric: at > 0 })), rows })}
<p>Over all samples, ${formatPerThousand(1000 * estimate.rate)} per 1000 cells (${formatRange(perThousand(estimate.interval))}) have micronuclei; the model has a ${shares} here. Double
sampling (Tenenbein 1970).</p>`;
}

function fromCard(report: StudyReport): Html {
  const correction = cardCorrection(report);
  if (correction === null) return html`<p>The model's card gives no sensitivity and specificity to correct with.</p>`;
  const { split, sensitivity, specificity, corrected, calledPositive, cells } = correction;
  return html`<h3>After the model's card</h3>
<p>On ${formatCount(sensitivity.of + specificity.of)} ${split} cells the model had a sensitivity of ${formatPercent(sensitivity.correct / sensitivity.of)} and a specificity of
${formatPercent(specificity.correct / specificity.of)}. If that held here, its ${formatCount(calledPositive)} positive calls among ${formatCount(cells)} cells
(${formatPerThousand((1000 * calledPositive) / cells)} per 1000) would stand for ${formatPerThousand(1000 * corrected.rate)} per 1000 (${formatRange(perThousand(corrected.interval))}; Rogan
and Gladen, interval of Lang and Reiczigel).${
    corrected.belowFalsePositiveRate &&
    " The model calls fewer cells positive here than it would by mistake alone: its card does not hold for these cells."
  }</p>`;
}

function perThousand({ low, high }: { readonly low: number; readonly high: number }) {
  return { low: 1000 * low, high: 1000 * high };
}

function shareText(share: number | null): string {
  return share === null ? "unknown" : formatPercent(share);
}
