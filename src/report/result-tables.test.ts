import { expect, test } from "vitest";
import type { ResultTable } from "../core/result-table.ts";
import { tableAsCsv, tableAsHtml, tableAsMarkdown } from "./result-tables.ts";

const table: ResultTable = {
  id: "t",
  title: "A table",
  caption: "Of a test.",
  columns: [
    { heading: "Name", kind: "text" },
    { heading: "AUC", kind: "metric" },
    { heading: "Cells", kind: "count" },
  ],
  rows: [
    ['<a>, "b"|', { value: 0.91234, interval: [0.8, 0.95] }, 12345],
    ["c", null, 1],
  ],
};

test("CSV keeps all digits, quotes where it must, and gives intervals columns of their own", () => {
  expect(tableAsCsv(table)).toBe(
    'Name,AUC,AUC low,AUC high,Cells\r\n"<a>, ""b""|",0.91234,0.8,0.95,12345\r\nc,,,,1\r\n',
  );
});

test("Markdown rounds and escapes what would end a cell", () => {
  expect(tableAsMarkdown(table)).toContain('| <a>, "b"\\| | 0.912 (0.800–0.950) | 12,345 |\n| c | – | 1 |');
});

test("HTML escapes text and carries the whole number for sorting", () => {
  const { markup } = tableAsHtml(table);
  expect(markup).toContain("&lt;a&gt;");
  expect(markup).toContain('data-value="0.91234"');
});
