import { createHash } from "node:crypto";
import type { Interval } from "../evaluation/intervals.ts";
import { GALLERY_SCRIPT } from "./gallery-script.ts";
import { GALLERY_STYLE } from "./gallery-style.ts";
import { type Content, type Html, html } from "./html.ts";
import { formatCount, formatMetric, formatPercent, formatSignificant, formatWithInterval } from "./numbers.ts";
import { facts, notes, section, table } from "./page.ts";
import { PAGE_STYLE } from "./style.ts";

/** One attention map of one cell. */
export interface ExplainedMap {
  /** "layer 6". */
  readonly layer: string;
  /** Address of the map in colours: a data URL, or a file beside the page. */
  readonly picture: string;
  /** What the ends of its colour scale stand for. */
  readonly low: string;
  readonly high: string;
}

export interface ExplainedCell {
  /** As the source names it. */
  readonly name: string;
  readonly probability: number;
  readonly call: string;
  readonly calledPositive: boolean;
  /** A person's; null where none is known. */
  readonly label: string | null;
  /** Null where the label is missing or neither of the classes. */
  readonly callIsWrong: boolean | null;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Address of the cell's image. */
  readonly picture: string;
  readonly maps: readonly ExplainedMap[];
  /** SVG path, in the cell's pixels, of what a person marked; null where nothing is. */
  readonly outline: string | null;
  /** Address of the PNG panel. */
  readonly panel: string;
}

/** How well one layer's maps point at what a person marked. */
export interface LocalisationRow {
  /** "layer 6", or "layer 6, random weights". */
  readonly map: string;
  readonly cells: number;
  readonly pointing: number;
  readonly pointing_ci95: Interval | null;
  readonly energy: number;
  readonly energy_ci95: Interval | null;
  readonly iou: number;
  readonly iou_ci95: Interval | null;
  readonly chance: number;
}

export interface ExplanationPageRequest {
  readonly title: string;
  readonly cells: readonly ExplainedCell[];
  readonly classNames: { readonly positive: string; readonly negative: string };
  readonly threshold: number;
  /** CSS colours of the map scale from low to high, evenly spaced. */
  readonly scaleColours: readonly string[];
  /** Whether every map has its own range of colours. */
  readonly ownRanges: boolean;
  readonly localisation: {
    readonly rows: readonly LocalisationRow[];
    /** Which cells were measured, and what was drawn for the intervals. */
    readonly basis: string;
    /** What could not be measured. */
    readonly remarks: readonly string[];
  } | null;
  /** Images without a score, and why. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  readonly facts: readonly (readonly [string, Content])[];
  readonly footer: string;
}

/**
 * The gallery of `mn explain`: every cell with its attention maps, sorted by probability, to be filtered and ordered in
 * the browser. Pictures are in the page or beside it; the policy forbids the browser to ask for anything else.
 */
export function explanationPage(request: ExplanationPageRequest): string {
  const { title, cells, classNames, threshold, scaleColours, failures, footer } = request;
  const sorted = cells.toSorted((one, other) => other.probability - one.probability);
  const policy =
    `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(GALLERY_SCRIPT)}'; ` +
    // Files beside a page that was opened from a disk have no origin, so 'self' alone does not let them in.
    `img-src data: 'self' file:`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${{ markup: PAGE_STYLE }}${{ markup: GALLERY_STYLE }}:root{--scale:linear-gradient(to right,${scaleColours.join()})}</style>
</head>
<body>
<main class="gallery-page">
<header><h1>${title}</h1><p class="lede">${lede(cells, classNames.positive, threshold)}</p></header>
${notes(failureNotes(failures))}
${localisationSection(request.localisation)}
${section("Cells", howToRead(request), controls(sorted, classNames, threshold), html`<ul class="gallery">${sorted.map(cellItem)}</ul>\n`)}
${section("What was explained", facts(request.facts))}
<footer>${footer}</footer>
</main>
<script>${{ markup: GALLERY_SCRIPT }}</script>
</body>
</html>
`;
  return document.markup;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

function lede(cells: readonly ExplainedCell[], positive: string, threshold: number): string {
  const called = cells.filter(({ calledPositive }) => calledPositive).length;
  const share = cells.length === 0 ? "" : ` (${formatPercent(called / cells.length)})`;
  return (
    `${formatCount(cells.length)} cells, ${formatCount(called)} of them called ${positive}${share}: ` +
    `those with a probability of at least ${formatSignificant(threshold)}.`
  );
}

/** So many unreadable images are named on the page; the table beside it names all. */
const FAILURES_NAMED = 10;

function failureNotes(failures: ExplanationPageRequest["failures"]): Content[] {
  if (failures.length === 0) return [];
  const named = failures.slice(0, FAILURES_NAMED).map(({ name, reason }) => html`<p>${name}: ${reason}</p>`);
  const images = failures.length === 1 ? "image has" : "images have";
  const more = failures.length > FAILURES_NAMED ? html`<p>The others are in explanations.csv.</p>` : null;
  return [html`<strong>${formatCount(failures.length)} ${images} no score and no map.</strong>`, named, more];
}

function localisationSection(localisation: ExplanationPageRequest["localisation"]): Html | null {
  if (localisation === null) return null;
  const heads = ["map", "cells", "pointing game", "energy inside", "IoU", "chance"];
  const rows = localisation.rows.map((row) => [
    row.map,
    formatCount(row.cells),
    formatWithInterval(row.pointing, row.pointing_ci95),
    formatWithInterval(row.energy, row.energy_ci95),
    formatWithInterval(row.iou, row.iou_ci95),
    formatMetric(row.chance),
  ]);
  const measured =
    rows.length === 0
      ? html`<p>No cell has a mask that marks anything, so nothing could be measured.</p>`
      : table({
          caption: localisation.basis,
          columns: heads.map((heading, column) => ({ heading, numeric: column > 0 })),
          rows,
        });
  return section(
    "Does it look at what a person marked?",
    notes(localisation.remarks),
    measured,
    html`<p class="quiet">Pointing game: share of cells whose map is greatest inside the mask. Energy: share of the map inside it. IoU: overlap of
the mask with all places of at least half of the greatest value. Chance: the marked share of the image, which a peak
at random and an even map reach.</p>`,
  );
}

function howToRead({ ownRanges }: ExplanationPageRequest): Html {
  const range = ownRanges
    ? "Each map's colours run from its own least to its own greatest value, written below it."
    : "The colours of all maps run from 0 to 1.";
  return html`<p class="quiet">Evidence is the share of each place in the decision, as far as it speaks for the positive class. A layer's
attention is light where the network weighted its features most, whatever its call. ${range} A map shows where it looked, not that
something is there.</p>\n`;
}

/** Shown by the script, since nothing of it works without. */
function controls(
  cells: readonly ExplainedCell[],
  { positive, negative }: ExplanationPageRequest["classNames"],
  threshold: number,
): Html {
  const count = (filter: (cell: ExplainedCell) => boolean) => cells.filter(filter).length;
  const wrong = count(({ callIsWrong }) => callIsWrong === true);
  const filters: [string, string, number][] = [
    ["all", "all", cells.length],
    ["positive", `called ${positive}`, count(({ calledPositive }) => calledPositive)],
    ["negative", `called ${negative}`, count(({ calledPositive }) => !calledPositive)],
  ];
  if (cells.some(({ callIsWrong }) => callIsWrong !== null)) filters.push(["wrong", "wrong calls", wrong]);
  const radios = filters.map(
    ([value, name, number], index) =>
      html`<label><input type="radio" name="show" value="${value}"${index === 0 && html` checked`}>${name} <span class="quiet">${formatCount(number)}</span></label>\n`,
  );
  const outlines = cells.some(({ outline }) => outline !== null);
  return html`<form class="controls" data-threshold="${String(threshold)}" hidden>
<fieldset><legend>Show</legend>${radios}</fieldset>
<label>Order <select name="order"><option value="falling">highest probability first</option>
<option value="rising">lowest probability first</option><option value="unsure">nearest to the threshold first</option></select></label>
<label>Colour strength <input type="range" name="strength" min="0" max="100" value="45" aria-label="strength of the attention colours, percent"></label>
${outlines && html`<label><input type="checkbox" name="outlines" checked>outline what a person marked</label>\n`}
<output aria-live="polite"></output>
</form>
`;
}

function cellItem(cell: ExplainedCell): Html {
  const { name, probability, call, calledPositive, label, callIsWrong, maps, panel } = cell;
  const labelled = label === null ? "no label" : `label ${label}`;
  const pictures = [
    `--cell:url("${cell.picture}")`,
    ...maps.map(({ picture }, index) => `--map${index}:url("${picture}")`),
  ];
  return html`<li data-call="${calledPositive ? "positive" : "negative"}" data-probability="${String(probability)}"${callIsWrong === true && html` data-wrong`} style="${pictures.join(";")};--shape:${cell.width}/${cell.height}">
<div class="heading"><span class="probability">${formatMetric(probability)}</span> <span class="call ${calledPositive ? "positive" : "negative"}">${call}</span>
<span class="quiet">${labelled}</span>${callIsWrong === true && html` <span class="wrong">wrong call</span>`}<a href="${panel}" title="${name}">${shortName(name)}</a></div>
<div class="tiles-of-cell">
<figure><div class="tile-of-cell" role="img" aria-label="the cell ${name}"></div><figcaption><span>cell</span><span>${cell.width} × ${cell.height} px</span></figcaption></figure>
${maps.map((map, index) => mapTile(map, index, cell))}</div></li>
`;
}

/** The last part of a path. */
function shortName(name: string): string {
  return name.slice(name.search(/[^/\\]*$/));
}

function mapTile({ layer, low, high }: ExplainedMap, index: number, { outline, width, height }: ExplainedCell): Html {
  const drawn =
    outline !== null &&
    html`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true"><path d="${outline}"/></svg>`;
  return html`<figure><div class="tile-of-cell map" style="--map:var(--map${index})" role="img" aria-label="attention of ${layer}, ${low} to ${high}">${drawn}</div>
<div class="scale"></div><figcaption><span>${low}</span><span>${layer}</span><span>${high}</span></figcaption></figure>
`;
}
