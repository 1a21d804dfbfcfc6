import type { ResultTable, TableColumn, TableValue } from "../core/result-table.ts";
import { type Html, html } from "./html.ts";
import { formatCount, formatMetric, formatSignificant, formatWithInterval, NO_VALUE } from "./numbers.ts";

/** The table for a page; its rows can be sorted by SORT_SCRIPT. */
export function tableAsHtml({ id, title, caption, columns, rows }: ResultTable): Html {
  const classOf = ({ kind }: TableColumn) => kind !== "text" && html` class="number"`;
  const headings = columns.map(
    (column) => html`<th scope="col"${classOf(column)}><button type="button">${column.heading}</button></th>`,
  );
  const body = rows.map((row) => {
    const drawn = row.map((value, at) => {
      const column = columns[at]!;
      const content = html`${classOf(column)} data-value="${String(plainValue(value) ?? "")}"`;
      const shown = textOf(value, column);
      return at === 0 ? html`<th scope="row"${content}>${shown}</th>` : html`<td${content}>${shown}</td>`;
    });
    return html`<tr>${drawn}</tr>\n`;
  });
  return html`<section id="${id}"><h2>${title}</h2><p class="quiet">${caption}</p>
<div class="scroll"><table class="sortable"><thead><tr>${headings}</tr></thead><tbody>${body}</tbody></table></div></section>\n`;
}

/** The table as Markdown, rounded as on the page. */
export function tableAsMarkdown({ title, caption, columns, rows }: ResultTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `## ${title}`,
    "",
    caption,
    "",
    line(columns.map(({ heading }) => heading)),
    line(columns.map(({ kind }) => (kind === "text" ? "---" : "---:"))),
    ...rows.map((row) => line(row.map((value, at) => textOf(value, columns[at]!)))),
    "",
  ].join("\n");
}

/** The table with all digits, RFC 4180; a column with intervals is followed by its low and high ends. */
export function tableAsCsv({ columns, rows }: ResultTable): string {
  const withInterval = columns.map((_, at) => rows.some((row) => typeof row[at] === "object" && row[at] !== null));
  const header = columns.flatMap(({ heading }, at) =>
    withInterval[at] ? [heading, `${heading} low`, `${heading} high`] : [heading],
  );
  const lines = rows.map((row) =>
    row.flatMap((value, at) => (withInterval[at] ? [plainValue(value), ...endsOf(value)] : [plainValue(value)])),
  );
  return `${[header, ...lines].map((cells) => cells.map(quoted).join(",")).join("\r\n")}\r\n`;
}

function plainValue(value: TableValue): string | number | null {
  return typeof value === "object" && value !== null ? value.value : value;
}

function endsOf(value: TableValue): (number | null)[] {
  const interval = typeof value === "object" && value !== null ? value.interval : null;
  return interval === null ? [null, null] : [...interval];
}

function textOf(value: TableValue, { kind }: TableColumn): string {
  if (value === null) return NO_VALUE;
  if (typeof value === "string") return value;
  if (typeof value === "object") return formatWithInterval(value.value, value.interval);
  if (kind === "count") return formatCount(value);
  return kind === "metric" ? formatMetric(value) : formatSignificant(value);
}

function quoted(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Sorts a table by the column whose heading is pressed; again: the other way round. Without it the page is complete. */
export const SORT_SCRIPT = `
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.tHead.addEventListener("click", (event) => {
    const heading = event.target.closest("th");
    if (heading === null) return;
    const falling = heading.getAttribute("aria-sort") === "ascending";
    for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const value = (row) => row.cells[heading.cellIndex].dataset.value;
    const numeric = heading.classList.contains("number");
    const order = (a, b) => numeric ? Number(value(a) || -Infinity) - Number(value(b) || -Infinity) : value(a).localeCompare(value(b));
    const rows = [...body.rows].sort(order);
    body.append(...(falling ? rows.reverse() : rows));
  });
}
`;

export const SORT_STYLE = `
table.sortable button{all:unset;cursor:pointer;border-bottom:1px dotted currentColor}table.sortable button:focus-visible{outline:2px solid}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
table.sortable th[scope=row]{position:sticky;left:0;background:var(--page)}`;
