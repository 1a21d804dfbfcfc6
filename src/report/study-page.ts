import { yieldAt } from "../assay/calibration-curve.ts";
import { bandHalfWidth } from "../assay/dose.ts";
import { type Interval, mnYield, wilson } from "../assay/frequency.ts";
import { percentInWords } from "../assay/wording.ts";
import { equalWidthBins } from "../evaluation/calibration.ts";
import type { DoseResult, GenotoxicityResult, SampleResult } from "../workspace/study-result.ts";
import { doseResponse } from "./charts/dose-response.ts";
import { micronucleiPerCell } from "./charts/micronuclei-per-cell.ts";
import { reliabilityDiagram } from "./charts/reliability-diagram.ts";
import { sampleFrequencies } from "./charts/sample-frequencies.ts";
import { scoreHistogram } from "./charts/score-histogram.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatCount, NO_VALUE } from "./numbers.ts";
import { columns, figure, renderPage, section, table } from "./page.ts";
import { methodsSections } from "./study-methods.ts";
import { formatFixed, formatPerThousand, formatPlain, formatRange } from "./study-numbers.ts";
import { pairOf, type StudyReport } from "./study-report.ts";
import { ledeOf, summaryPage } from "./study-summary.ts";

/** A chart draws at most so many samples; the table holds all. */
const MOST_SAMPLES_DRAWN = 40;
/** Fewer cells say nothing about calibration. */
const FEWEST_AUDITED_CELLS = 20;

const STYLE = `.first-page{break-after:page}.signatures{display:grid;grid-template-columns:repeat(3,1fr);gap:2rem;margin-top:3.5rem;color:var(--quiet);font-size:.875rem}
.signatures .line{border-bottom:1px solid var(--quiet);margin-bottom:.35rem;height:1.5rem}.hash{overflow-wrap:anywhere;max-width:none;font-size:.8rem}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;margin:1rem 0}.gallery figure{break-inside:avoid}
.gallery .pair{display:grid;grid-template-columns:1fr 1fr;gap:2px}.gallery img,.gallery .gone{width:100%;aspect-ratio:1;display:block;background:var(--card);border-radius:4px}
.gallery .gone{display:grid;place-items:center;color:var(--quiet);font-size:.8rem}.gallery figcaption{overflow-wrap:anywhere;font-size:.8rem}
@media print{@page{size:A4}table{font-size:8.5pt}td,th{padding-right:.6rem}thead th{font-size:8pt}.before-gallery{break-after:avoid}.gallery{grid-template-columns:repeat(4,1fr)}.signatures{margin-top:1.5rem}.columns{grid-template-columns:1fr 1fr}
.first-page h2{margin:1.1rem 0 .4rem;padding-top:.6rem}.first-page .tiles{margin:.6rem 0}.first-page td,.first-page th{padding-top:.2rem;padding-bottom:.2rem}}`;

/** The report of `mn report`: one page for reading, then everything that it rests on. Same state, same bytes. */
export function studyPage(report: StudyReport): string {
  return renderPage({
    title: report.study.design.title,
    lede: ledeOf(report),
    sections: [
      html`<style>${{ markup: STYLE }}</style>`,
      summaryPage(report),
      ...methodsSections(report),
      samplesSection(report),
      figuresSection(report),
      gallerySection(report),
      deviationsSection(report),
    ],
    footer: `micronuclei ${report.version}. Audit trail ${report.head.entries}:${report.head.hash}`,
  });
}

function samplesSection({ result, study }: StudyReport): Html {
  const { samples } = result;
  const counts = samples.map((sample) => [
    sample.sample.name,
    sample.sample.code,
    doseText(sample),
    formatCount(sample.cells),
    formatCount(sample.bnCells),
    formatCount(sample.mnbnCells),
    formatPerThousand(sample.frequency?.perThousand ?? null),
    formatRange(sample.frequency?.clopperPearson ?? null),
    `${formatCount(sample.confirmed.normal + sample.confirmed.mn)} / ${formatCount(sample.confirmed.mn)}`,
    readersText(sample),
  ]);
  const heads = [
    "sample",
    "code",
    "dose",
    "cells",
    "counted",
    "with MN",
    "per 1000",
    "interval",
    "confirmed",
    "read by",
  ];
  const numeric = new Set([3, 4, 5, 6, 7, 8]);
  return section(
    "Samples",
    table({
      caption: `Intervals at ${percentInWords(study.design.level)}. Confirmed: cells that count and that a person has seen / of these with micronuclei.`,
      columns: heads.map((heading, at) => ({ heading, numeric: numeric.has(at) })),
      rows: counts,
    }),
    yieldsTable(samples),
  );
}

/** Yields and proliferation, of the samples that have them. */
function yieldsTable(samples: readonly SampleResult[]): Html | null {
  const known = samples.filter((sample) => sample.yield !== null || sample.cbpi !== null);
  if (known.length === 0) return null;
  const rows = known.map((sample) => [
    sample.sample.name,
    sample.micronuclei === null ? NO_VALUE : formatCount(sample.micronuclei),
    sample.yield === null ? NO_VALUE : formatPlain(sample.yield.perCell),
    sample.yield === null
      ? NO_VALUE
      : `${formatPlain(sample.yield.poisson.low)}–${formatPlain(sample.yield.poisson.high)}`,
    sample.distribution?.join(", ") ?? NO_VALUE,
    formatFixed(sample.dispersion?.dispersionIndex ?? null),
    formatFixed(sample.dispersion?.uValue ?? null),
    formatFixed(sample.cbpi),
  ]);
  const heads = [
    "sample",
    "micronuclei",
    "per cell",
    "interval",
    "cells with 0, 1, 2, …",
    "dispersion index",
    "u",
    "CBPI",
  ];
  return table({
    caption: "Micronuclei, their dispersion, and proliferation",
    columns: heads.map((heading, at) => ({ heading, numeric: at > 0 })),
    rows,
  });
}

function figuresSection(report: StudyReport): Html {
  const { result, study, histogram, scoring } = report;
  const drawn = result.samples.slice(0, MOST_SAMPLES_DRAWN);
  const some =
    drawn.length < result.samples.length ? ` The first ${drawn.length} of ${result.samples.length} samples.` : "";
  const level = percentInWords(study.design.level);
  return section(
    "Figures",
    result.dose !== null && doseFigure(result.dose, result.samples, study.design.endpoint, level),
    result.genotoxicity !== null && concentrationFigure(result.genotoxicity, study.design.historicalRatePerCell, level),
    html`<div class="wide">${figure(
      sampleFrequencies(drawn.map(frequencyRow), level),
      `Frequency with ${level} intervals.${some} Filled: a person has seen every cell with micronuclei; hollow: some were called by the model alone.`,
    )}</div>`,
    html`<div class="wide">${figure(
      micronucleiPerCell(drawn.map(distributionRow)),
      `Cells by their number of micronuclei.${some} What no person has counted is set apart.`,
    )}</div>`,
    scoring !== null &&
      columns(
        figure(
          scoreHistogram(histogram, scoring.threshold, { positive: "called positive", negative: "called negative" }),
          "Scores of the model in use, by its call, each on its own axis of counts. The dashed line is the threshold.",
        ),
        calibrationFigure(report),
      ),
  );
}

function calibrationFigure({ audited }: StudyReport): Content {
  if (audited.length < FEWEST_AUDITED_CELLS)
    return html`<p class="quiet">Whether the scores are calibrated cannot be shown: persons have seen ${audited.length} randomly drawn cells, ${FEWEST_AUDITED_CELLS} are needed.</p>`;
  const bins = equalWidthBins(
    audited.map(({ probability }) => probability),
    audited.map(({ positive }) => positive),
  );
  const withIntervals = bins.map((bin) => ({ ...bin, observed_ci95: pairOf(wilson(bin.positives, bin.cells)) }));
  return figure(
    reliabilityDiagram(withIntervals),
    `Calibration on ${formatCount(audited.length)} randomly drawn cells that persons have seen, with Wilson's 95 % intervals. Drawn within each call, so that a bin is right and the whole is not weighted.`,
  );
}

function doseFigure(
  { curve, doses }: DoseResult,
  samples: readonly SampleResult[],
  endpoint: "mnbn" | "mn",
  level: string,
): Html {
  const used = "missing" in curve ? null : curve.value.curve;
  const points = samples.flatMap((sample) => {
    const { role, bnCells, mnbnCells } = sample;
    const events = endpoint === "mn" ? sample.micronuclei : mnbnCells;
    if (role !== "calibration" || bnCells === 0 || events === null || sample.sample.dose === null) return [];
    const interval = mnYield({ micronuclei: events, bnCells }).poisson;
    return [{ name: sample.sample.name, dose: sample.sample.dose, response: events / bnCells, interval }];
  });
  const readings = doses.flatMap(({ sample, delta }) =>
    "missing" in delta
      ? []
      : [
          {
            name: sample.sample.name,
            dose: delta.value.doseGray,
            low: delta.value.low,
            high: delta.value.high,
            response: delta.value.yieldPerCell,
          },
        ],
  );
  const chart = doseResponse({
    doseLabel: "Dose (Gy)",
    responseLabel: endpoint === "mn" ? "Micronuclei per cell" : "Cells with micronuclei per cell",
    points,
    curve: used && { at: (dose) => yieldAt(used, dose), halfWidthAt: (dose) => bandHalfWidth(used, dose, 0.95) },
    readings,
  });
  return html`<div class="wide">${figure(
    chart,
    `Dose response with the curve's 95 % band; points are calibration samples with ${level} Poisson intervals. Dashed: from a sample's frequency to its dose, with the dose's interval on the axis.`,
  )}</div>`;
}

function concentrationFigure(
  { groups, doseUnit }: GenotoxicityResult,
  historicalRate: number | null,
  level: string,
): Html {
  const chart = doseResponse({
    doseLabel: `Concentration${doseUnit === null ? "" : ` (${doseUnit})`}`,
    responseLabel: "Cells with micronuclei per 1000",
    points: groups.map(({ dose, frequency, samples }) => ({
      name: `${samples} culture(s)`,
      dose,
      response: frequency.perThousand,
      interval: frequency.clopperPearson,
    })),
    curve: null,
    readings: [],
    reference: historicalRate === null ? null : { response: 1000 * historicalRate, name: "historical controls" },
  });
  return html`<div class="wide">${figure(chart, `Frequency over concentration, cultures pooled, with exact ${level} intervals.`)}</div>`;
}

function frequencyRow(sample: SampleResult) {
  const interval: Interval | null = sample.frequency?.clopperPearson ?? null;
  return {
    name: sample.sample.name,
    bnCells: sample.bnCells,
    perThousand: sample.frequency?.perThousand ?? null,
    interval,
    confirmed: sample.automatic.positive === 0,
  };
}

function distributionRow({ sample, bnCells, confirmed, countedMicronuclei, automatic }: SampleResult) {
  const [, one = 0, two = 0, ...more] = countedMicronuclei;
  const threeOrMore = more.reduce((sum, cells) => sum + cells, 0);
  const uncounted = automatic.positive + confirmed.mn - one - two - threeOrMore;
  return { name: sample.name, bnCells, one, two, more: threeOrMore, uncounted };
}

function gallerySection({ gallery, scoring }: StudyReport): Html | null {
  if (scoring === null || gallery.length === 0) return null;
  const cells = gallery.map(
    ({
      sample,
      slide,
      file,
      probability,
      confirmed,
      picture,
      overlay,
    }) => html`<figure><div class="pair">${shown(picture, `Cell ${file}`)}${shown(overlay, "Attention over it")}</div>
<figcaption>${sample}, slide ${slide}: ${file}. Score ${formatPlain(probability)}. ${confirmed ?? "Called by the model alone."}</figcaption></figure>
`,
  );
  return section(
    "Cells called positive",
    html`<p class="quiet before-gallery">The surest of each sample: the cell, and where the network looked (brighter is more; each map on its own scale).</p>
<div class="gallery">${cells}</div>`,
  );
}

function shown(uri: string | null, description: string): Html {
  return uri === null ? html`<span class="gone">no picture</span>` : html`<img src="${uri}" alt="${description}">`;
}

function deviationsSection({ result, deviations }: StudyReport): Html {
  const count = (kind: keyof SampleResult["uncounted"]): number =>
    result.samples.reduce((sum, { uncounted }) => sum + uncounted[kind], 0);
  const confirmed = (kind: "unscorable" | "mononucleate" | "multinucleate"): number =>
    result.samples.reduce((sum, sample) => sum + sample.confirmed[kind], 0);
  const totals = [
    ["image cannot be read", formatCount(count("unreadable"))],
    ["image not in order, not seen by a person", formatCount(count("flagged"))],
    ["unscorable, says a person", formatCount(confirmed("unscorable"))],
    ["not binucleate, says a person", formatCount(confirmed("mononucleate") + confirmed("multinucleate"))],
    ["same picture as another cell", formatCount(count("duplicates"))],
    ["not seen by anybody yet", formatCount(count("unscored"))],
  ];
  const excluded = result.excluded.map(
    ({ sample, cells }) =>
      html`<p>Sample ${sample.name} (${formatCount(cells)} cells) is left out: ${sample.excluded}.</p>`,
  );
  const rows = deviations.map(({ sample, slide, file, kind, reason }) => [sample, slide, file, kind, reason]);
  return section(
    "Deviations",
    excluded,
    table({
      caption: "Cells that do not count",
      columns: [{ heading: "why" }, { heading: "cells", numeric: true }],
      rows: totals,
    }),
    rows.length > 0 &&
      table({
        caption: `The cells, at most 100 of a kind; "mn workspace export" has all.`,
        columns: ["sample", "slide", "file", "kind", "reason"].map((heading) => ({ heading })),
        rows,
      }),
  );
}

function doseText({ sample: { dose, doseUnit } }: SampleResult): string {
  return dose === null ? NO_VALUE : `${formatPlain(dose)}\u00a0${doseUnit ?? ""}`.trim();
}

function readersText({ confirmed, bnCells }: SampleResult): string {
  if (confirmed.readers.length === 0) return bnCells === 0 ? NO_VALUE : "model alone";
  // A name stays on one line; a list of names may break between them.
  return confirmed.readers
    .map(({ reader, cells }) => `${reader} (${formatCount(cells)})`.replaceAll(" ", "\u00a0"))
    .join(", ");
}
