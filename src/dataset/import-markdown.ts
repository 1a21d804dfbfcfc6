import type { PaperTableRow } from "./balance.ts";
import type { ImportReport } from "./import-report.ts";
import type { SplitReport } from "./split.ts";

/** An import's report for a reader. */
export function importReportMarkdown(report: ImportReport): string {
  const { classes, split, tables } = report;
  return [
    "# Import of a data set",
    `${report.source} -> ${report.manifest}`,
    `${report.usable} of ${report.cells} cells are usable: positive "${classes.positive}", negative "${classes.negative}". ` +
      `Images: ${listCounts(report.formats)}; ${rangeText(report.width)} x ${rangeText(report.height)} pixels. Data hash ${report.hash}.`,
    section("Labels", table([["label", "cells", "usable"], ...report.labels.map(labelRow)])),
    section(split.origin === "drawn" ? "Split, drawn now" : "Split, as in the source", table(splitRows(split))),
    ...(tables
      ? [
          section("Training set augmented and balanced (TAD)", table(paperRows(tables.tad))),
          section("Training and validation set augmented and balanced (TVAD)", table(paperRows(tables.tvad))),
        ]
      : []),
    section("To look at", list(report.warnings)),
    section("Images that cannot be read", list(report.unreadable.map(({ file, message }) => `${file}: ${message}`))),
    section("Same picture, different labels: all excluded", list(report.conflicts.map(conflictText))),
    section(
      "Same picture more than once: one kept",
      list(report.duplicates.map(({ kept, dropped }) => `${kept} kept, without ${dropped.join(", ")}`)),
    ),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

/** Rows of the split table, headings first: cells of each label in each split with their share of the label. */
export function splitRows({ splits }: SplitReport): string[][] {
  const labels = splits[0]?.labels.map(({ label }) => label) ?? [];
  return [
    ["split", "cells", ...labels.map(labelName)],
    ...splits.map((part) => [
      part.split,
      String(part.cells),
      ...part.labels.map(({ cells, share }) => `${cells} (${(100 * share).toFixed(1)} %)`),
    ]),
  ];
}

/** Rows of the paper's table 1 or 2, headings first. */
export function paperRows(rows: readonly PaperTableRow[]): string[][] {
  return [
    ["split", "positive", "negative", "positive, balanced", "negative, balanced"],
    ...rows.map(({ split, before, after }) =>
      [split, before.positive, before.negative, after.positive, after.negative].map(String),
    ),
  ];
}

export function labelName(label: string): string {
  return label === "" ? "(no label)" : label;
}

export function conflictText(conflict: ImportReport["conflicts"][number]): string {
  return conflict.map(({ file, label }) => `${file} (${labelName(label)})`).join(", ");
}

function labelRow({ label, cells, usable }: ImportReport["labels"][number]): string[] {
  return [labelName(label), String(cells), String(usable)];
}

function rangeText([smallest, largest]: readonly [number, number]): string {
  return smallest === largest ? String(smallest) : `${smallest} to ${largest}`;
}

function listCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function section(title: string, body: string): string {
  return body === "" ? "" : `## ${title}\n\n${body}`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function table([headings = [], ...rows]: readonly (readonly string[])[]): string {
  return [headings, headings.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
