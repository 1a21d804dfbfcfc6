import type { Evaluation } from "../evaluation/evaluation.ts";
import { type ClassNames, evaluationSections } from "./evaluation-page.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatMetric, formatPercent } from "./numbers.ts";
import { columns, facts, notes, renderPage, section, table } from "./page.ts";

/** One test cell as the page shows it; pictures are data URLs. */
export interface DemoCell {
  readonly name: string;
  readonly label: string;
  readonly call: string;
  readonly probability: number;
  /** The cell, then its overlays. */
  readonly pictures: readonly { readonly caption: string; readonly source: string }[];
  /** What makes it hard, where that is known. */
  readonly remark: string | null;
}

export interface DemoLocalisation {
  readonly map: string;
  readonly cells: number;
  /** Shares from 0 to 1. */
  readonly pointing: number;
  readonly energy: number;
  readonly iou: number;
  readonly chance: number;
}

export interface DemoPageRequest {
  readonly title: string;
  readonly lede: string;
  readonly warnings: readonly string[];
  readonly evaluation: Evaluation;
  readonly classNames: ClassNames;
  readonly learningCurves: readonly Html[];
  /** Cells by what happened to them, in the order to be read. */
  readonly galleries: readonly {
    readonly heading: string;
    readonly explanation: string;
    readonly cells: readonly DemoCell[];
  }[];
  /** Empty where there are no masks. */
  readonly localisation: readonly DemoLocalisation[];
  readonly nextSteps: readonly { readonly what: string; readonly command: string }[];
  readonly facts: readonly (readonly [string, Content])[];
  readonly footer: string;
}

const GALLERY_STYLE: Html = {
  markup: `<style>
.cells{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1rem;list-style:none;padding:0;margin:1rem 0}
.cell{background:var(--card);border-radius:8px;padding:.75rem}
.cell .pictures{display:grid;grid-template-columns:repeat(2,1fr);gap:.4rem}
.cell img{width:100%;aspect-ratio:1;border-radius:4px;display:block;background:#000}
.cell .caption{font-size:.75rem;color:var(--quiet);text-align:center}
.cell .call{display:flex;justify-content:space-between;gap:.5rem;margin-top:.4rem;font-size:.9rem;font-variant-numeric:tabular-nums}
.cell .probability{font-weight:600}
pre{background:var(--card);border-radius:6px;padding:.6rem .8rem;overflow-x:auto;font-size:.875rem;margin:.25rem 0 .9rem}
</style>`,
};

/** The page that the demonstration opens on: what was done, how well, where the network looked, how to go on. */
export function demoPage(request: DemoPageRequest): string {
  const { evaluation, classNames } = request;
  return renderPage({
    title: request.title,
    lede: request.lede,
    sections: [
      GALLERY_STYLE,
      notes(request.warnings),
      evaluationSections(evaluation, classNames).keyNumbers,
      section("Where it looked", galleryIntroduction(), request.galleries.map(gallery)),
      localisationSection(request.localisation),
      section("How it learned", columns(...request.learningCurves)),
      evaluationSections(evaluation, classNames).details,
      section(
        "How to go on",
        request.nextSteps.map(({ what, command }) => html`<p>${what}</p><pre>${command}</pre>`),
      ),
      section("What was done", facts(request.facts)),
    ],
    footer: request.footer,
  });
}

function galleryIntroduction(): Html {
  return html`<p>Each test cell with three maps laid over it. <b>Evidence</b> is the share of each place in the decision, as far as it
speaks for a micronucleus; all places together add up to the decision. <b>Layer 5</b> and <b>layer 6</b> are the paper's
attention: how strongly the network weighted its features there, whatever it concluded. Dark is least, yellow is most; each
map uses the whole scale, from its least to its greatest value, given below it. The number is the probability of a
micronucleus.</p>`;
}

function gallery({ heading, explanation, cells }: DemoPageRequest["galleries"][number]): Html | null {
  if (cells.length === 0) return null;
  return html`<h3>${heading}</h3><p class="quiet">${explanation}</p><ul class="cells">${cells.map(cellFigure)}</ul>`;
}

function cellFigure({ name, label, call, probability, pictures, remark }: DemoCell): Html {
  const drawn = pictures.map(
    ({ caption, source }) =>
      html`<div><img src="${source}" alt="${name}, ${caption}" loading="lazy"><div class="caption">${caption}</div></div>`,
  );
  return html`<li class="cell"><div class="pictures">${drawn}</div>
<div class="call"><span>label ${label}, called ${call}${remark !== null && html` <span class="quiet">(${remark})</span>`}</span>
<span class="probability">${probability.toFixed(2)}</span></div></li>`;
}

function localisationSection(rows: readonly DemoLocalisation[]): Html | null {
  if (rows.length === 0) return null;
  return section(
    "Does it look at the micronucleus?",
    html`<p>Measured against the drawn masks on the test cells that have a micronucleus. “Peak inside”: the map's greatest value
lies in a micronucleus. “Energy inside”: share of the map's sum that does. “IoU”: overlap of the mask with the half-maximum
region. “Chance”: the share of the picture that the micronuclei cover, which is what an even map would score.</p>`,
    table({
      columns: ["map", "cells", "peak inside", "energy inside", "IoU", "chance"].map((heading, column) => ({
        heading,
        numeric: column > 0,
      })),
      rows: rows.map(({ map, cells, pointing, energy, iou, chance }) => [
        map,
        cells,
        formatPercent(pointing),
        formatPercent(energy),
        formatMetric(iou),
        formatPercent(chance),
      ]),
    }),
  );
}
