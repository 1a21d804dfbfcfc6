import { createHash } from "node:crypto";
import type { ResultTable } from "../core/result-table.ts";
import { type Content, type Html, html } from "./html.ts";
import { facts, notes } from "./page.ts";
import { SORT_SCRIPT, SORT_STYLE, tableAsHtml, tableAsMarkdown } from "./result-tables.ts";
import { PAGE_STYLE } from "./style.ts";

export interface ExampleCell {
  readonly name: string;
  readonly label: string;
  readonly probability: number;
  /** Address of each picture: the cell first, then its maps by name. */
  readonly pictures: readonly { readonly name: string; readonly address: string }[];
}

export interface ExperimentPageRequest {
  readonly title: string;
  readonly facts: readonly (readonly [string, string])[];
  /** What a reader must know first: failures, what is not finished, short schedules. */
  readonly warnings: readonly string[];
  readonly tables: readonly ResultTable[];
  readonly charts: readonly { readonly title: string; readonly caption: string; readonly chart: Html }[];
  readonly examples: readonly ExampleCell[];
  readonly footer: string;
}

/** Wide tables get the window's width; pictures of a cell share the width of their figure. */
const EXPERIMENT_STYLE = `
main{max-width:100rem}section>figure{max-width:64rem}
.examples{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr));padding:0;list-style:none}
.examples figure{display:flex;gap:.4rem}.examples img{flex:1 1 0;min-width:0;max-width:9rem;image-rendering:pixelated}
.examples p{overflow-wrap:anywhere}`;

/** An experiment's page: everything inside, nothing asked from elsewhere; the only script sorts tables. */
export function experimentPage(request: ExperimentPageRequest): string {
  const hash = createHash("sha256").update(SORT_SCRIPT).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:`;
  const { title } = request;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${{ markup: PAGE_STYLE + SORT_STYLE + EXPERIMENT_STYLE }}</style>
</head>
<body>
<main>
<header><h1>${title}</h1></header>
${notes(request.warnings)}
${facts(request.facts)}
${request.charts.map(({ title: name, caption, chart }) => section(name, caption, chart))}
${request.tables.map(tableAsHtml)}
${request.examples.length > 0 && examplesSection(request.examples)}
<footer>${request.footer}</footer>
</main>
<script>${{ markup: SORT_SCRIPT }}</script>
</body>
</html>
`.markup;
}

/** The same as Markdown: without charts and pictures, which lie beside it. */
export function experimentMarkdown({
  title,
  warnings,
  facts: rows,
  tables,
  charts,
  footer,
}: Omit<ExperimentPageRequest, "charts"> & {
  readonly charts: readonly { readonly title: string; readonly file: string }[];
}): string {
  return [
    `# ${title}`,
    "",
    ...warnings.map((warning) => `> ${warning}\n`),
    ...rows.map(([name, value]) => `- ${name}: ${value}`),
    "",
    ...charts.map((chart) => `![${chart.title}](${chart.file})\n`),
    ...tables.map(tableAsMarkdown),
    footer,
    "",
  ].join("\n");
}

function section(heading: string, caption: Content, chart: Html): Html {
  return html`<section><h2>${heading}</h2><figure>${chart}<figcaption>${caption}</figcaption></figure></section>\n`;
}

function examplesSection(examples: readonly ExampleCell[]): Html {
  const cells = examples.map(
    ({ name, label, probability, pictures }) =>
      html`<li><figure>${pictures.map(
        (picture) => html`<img src="${picture.address}" alt="${picture.name} of ${name}" title="${picture.name}">`,
      )}</figure><p class="quiet">${name}: label ${label}, probability ${probability.toFixed(3)} (${pictures.map((picture) => picture.name).join(", ")})</p></li>\n`,
  );
  return html`<section><h2>Figure 6. Cells and the maps of the proposed network</h2><p class="quiet">Test cells of the first seed over the whole range of its
probability; each map's colours use its own range.</p><ul class="examples">${cells}</ul></section>\n`;
}
