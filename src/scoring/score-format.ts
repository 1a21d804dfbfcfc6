import { stringify } from "csv-stringify/sync";
import { SCORE_COLUMNS, type ScoreColumns } from "./score-row.ts";

/** One row of a result: the cell's own columns as they were, then what scoring says. */
export interface ScoreRow {
  readonly columns: Readonly<Record<string, string>>;
  readonly score: ScoreColumns;
}

/** CSV, or JSON Lines for a name that ends in .jsonl or .ndjson. */
export type ScoreFormat = "csv" | "json-lines";

export function formatOf(path: string): ScoreFormat {
  return /\.(jsonl|ndjson)$/i.test(path) ? "json-lines" : "csv";
}

/** The names of a row's own columns in the result: one that has the name of ours becomes `source_<name>`. */
export function keptNames({ columns }: Pick<ScoreRow, "columns">): string[] {
  return Object.keys(columns).map(keptName);
}

/** The header of a CSV file; `kept`: every column that any row has of its own. */
export function csvHeader(kept: readonly string[]): string {
  return stringify([[...kept, ...SCORE_COLUMNS]]);
}

/** A line of a CSV file with that header; columns that the row lacks are empty. */
export function csvLine({ columns, score }: ScoreRow, kept: readonly string[]): string {
  const values = new Map(Object.entries(columns).map(([name, value]) => [keptName(name), value]));
  return stringify([[...kept.map((name) => values.get(name) ?? ""), ...SCORE_COLUMNS.map((name) => score[name])]]);
}

/** A line of JSON Lines; what is missing is null. */
export function jsonLine({ columns, score }: ScoreRow): string {
  const own = Object.entries(columns).map(([name, value]) => [keptName(name), value] as const);
  const ours = SCORE_COLUMNS.map((name) => [name, score[name] === "" ? null : score[name]] as const);
  return `${JSON.stringify(Object.fromEntries<unknown>([...own, ...ours]))}\n`;
}

function keptName(column: string): string {
  return (SCORE_COLUMNS as readonly string[]).includes(column) ? `source_${column}` : column;
}
