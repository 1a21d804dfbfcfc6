import { type Content, type Html, html } from "./html.ts";
import { PAGE_STYLE } from "./style.ts";

export interface Page {
  readonly title: string;
  /** One or two sentences under the title. */
  readonly lede?: Content;
  readonly sections: readonly Content[];
  /** What made the page: version, seed, hashes. */
  readonly footer?: Content;
  /** A browser that shows the page loads it again after so many seconds; for work in progress. */
  readonly refreshSeconds?: number | undefined;
}

/**
 * A whole HTML document that needs nothing else: no script, no font, no picture from elsewhere, and a policy that
 * forbids the browser to ask for any. Light and dark after the reader's setting; prints on white.
 */
export function renderPage({ title, lede, sections, footer, refreshSeconds }: Page): string {
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}">\n`}<title>${title}</title>
<style>${{ markup: PAGE_STYLE }}</style>
</head>
<body>
<main>
<header><h1>${title}</h1>${lede !== undefined && html`<p class="lede">${lede}</p>`}</header>
${sections}
${footer !== undefined && html`<footer>${footer}</footer>`}
</main>
</body>
</html>
`;
  return document.markup;
}

export function section(heading: string, ...contents: readonly Content[]): Html {
  return html`<section><h2>${heading}</h2>\n${contents}</section>\n`;
}

/** Side by side where there is room, below each other where not. */
export function columns(...contents: readonly Content[]): Html {
  return html`<div class="columns">${contents.map((content) => html`<div>${content}</div>\n`)}</div>\n`;
}

export function figure(chart: Html, caption: Content): Html {
  return html`<figure>${chart}<figcaption>${caption}</figcaption></figure>\n`;
}

/** What a reader must know, set apart; nothing without notes. */
export function notes(texts: readonly Content[]): Html | null {
  if (texts.length === 0) return null;
  return html`<div class="notes">${texts.map((text) => html`<p>${text}</p>`)}</div>\n`;
}

/** A number that matters, large, with its interval below it. */
export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly interval: string;
}

export function tiles(items: readonly Tile[]): Html {
  const drawn = items.map(
    ({ name, value, interval }) => html`<li class="tile"><div class="name">${name}</div>
<div class="value">${value}</div><div class="interval">${interval}</div></li>\n`,
  );
  return html`<ul class="tiles">${drawn}</ul>\n`;
}

export interface Table {
  readonly caption?: Content;
  readonly columns: readonly { readonly heading: Content; readonly numeric?: boolean }[];
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly Content[])[];
  /** Index of a row to be set apart. */
  readonly markedRow?: number | undefined;
}

/** A table that scrolls by itself where the page is narrower. */
export function table({ caption, columns: heads, rows, markedRow }: Table): Html {
  const classOf = (column: number): Html | false => heads[column]?.numeric === true && html` class="number"`;
  const headings = heads.map(({ heading }, column) => html`<th scope="col"${classOf(column)}>${heading}</th>`);
  const body = rows.map((cells, row) => {
    const drawn = cells.map((cell, column) =>
      column === 0 ? html`<th scope="row"${classOf(column)}>${cell}</th>` : html`<td${classOf(column)}>${cell}</td>`,
    );
    return html`<tr${row === markedRow && html` class="marked"`}>${drawn}</tr>\n`;
  });
  return html`<div class="scroll"><table>${caption !== undefined && html`<caption>${caption}</caption>`}
<thead><tr>${headings}</tr></thead>
<tbody>${body}</tbody></table></div>\n`;
}

/** Names and values, such as what was evaluated. */
export function facts(rows: readonly (readonly [string, Content])[]): Html {
  const drawn = rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`);
  return html`<table class="facts"><tbody>${drawn}</tbody></table>\n`;
}
