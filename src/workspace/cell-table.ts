import { MicronucleiError } from "../core/errors.ts";
import type { IncomingCell } from "./import-cells.ts";
import { outcomeOf } from "./score-study.ts";
import { meaningsOf, numberOf, requireColumn, type SampleDetails, sampleReader } from "./study-table.ts";
import type { TableFile } from "./table-file.ts";

/** Columns of a cell table that have a meaning here; all others are kept as they are. */
const CELL_COLUMNS = ["file", "id", "x", "y"] as const;
const SCORE_COLUMNS = ["probability", "quality", "error", "attention_x", "attention_y", "attention_peak"] as const;
type ColumnName = (typeof CELL_COLUMNS)[number] | (typeof SCORE_COLUMNS)[number];

export interface CellTableRequest {
  /** Sample and slide of rows without columns of that name. */
  readonly sample: SampleDetails | null;
  readonly slide: string;
  /** From this probability on a cell is positive; null to keep the scores as plain columns. */
  readonly threshold: number | null;
}

/**
 * Reads a table of cells: `file`, and any of `sample`, `slide`, `id`, `x`, `y`, the columns of a study table and those of
 * `mn score`. Images are not looked at. Throws TABLE_COLUMNS, TABLE_VALUE and what reading a table throws.
 */
export async function* readCellTable(table: TableFile, request: CellTableRequest): AsyncGenerator<IncomingCell[]> {
  const names = table.headings.map((heading) => heading.toLowerCase());
  requireColumn(table, "file", names.includes("file"));
  requireColumn(table, "sample", request.sample !== null || names.includes("sample"));
  if (request.threshold !== null) requireColumn(table, "probability", names.includes("probability"));
  const readRow = cellReader(table, request, names);
  let line = 2;
  for await (const rows of table.rows) {
    yield rows.map((row, index) => readRow(row, line + index));
    line += rows.length;
  }
}

function cellReader(table: TableFile, request: CellTableRequest, names: readonly string[]) {
  const place = (name: string): number => names.indexOf(name);
  const [file, id, x, y, slide] = [place("file"), place("id"), place("x"), place("y"), place("slide")];
  const readSample = names.includes("sample") ? sampleReader(table) : null;
  const readPrediction = request.threshold === null ? null : predictionReader(table, names, request.threshold);
  const kept = keptColumns(table, names, request.threshold !== null);
  const text = (row: readonly string[], column: number): string | null => {
    const value = column < 0 ? "" : (row[column] ?? "");
    return value === "" ? null : value;
  };
  const number = (row: readonly string[], column: number, line: number): number | null => {
    const value = text(row, column);
    return value === null ? null : positionOf(value, table, line, table.headings[column] ?? "");
  };
  return (row: readonly string[], line: number): IncomingCell => ({
    sample: readSample?.(row, line) ?? (request.sample as SampleDetails),
    slide: text(row, slide)?.trim() ?? request.slide,
    file: fileOf(row[file], table, line),
    originalId: text(row, id),
    x: number(row, x, line),
    y: number(row, y, line),
    columnsJson:
      kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept.map(([name, at]) => [name, row[at]]))),
    sha256: null,
    ...(readPrediction !== null && { prediction: readPrediction(row, line) }),
  });
}

function keptColumns(table: TableFile, names: readonly string[], scored: boolean): (readonly [string, number])[] {
  const meanings = meaningsOf(table.headings);
  const used: readonly string[] = [...CELL_COLUMNS, ...(scored ? [...SCORE_COLUMNS, "prediction"] : [])];
  return table.headings.flatMap((heading, column) =>
    meanings[column] === null && !used.includes(names[column] ?? "") ? [[heading, column] as const] : [],
  );
}

function predictionReader(table: TableFile, names: readonly string[], threshold: number) {
  const at = (name: ColumnName): number => names.indexOf(name);
  return (row: readonly string[], line: number): NonNullable<IncomingCell["prediction"]> => {
    const text = (name: ColumnName): string => row[at(name)] ?? "";
    const number = (name: ColumnName): number | null =>
      text(name) === "" ? null : numberOf(text(name), table, line, name);
    const probability = number("probability");
    const error = text("error") === "" && probability === null ? "no score" : text("error");
    const quality = text("quality") === "" ? (error === "" ? "ok" : "unreadable") : text("quality");
    return {
      outcome: outcomeOf({ positive: probability !== null && probability >= threshold, quality, error }),
      probability: probability === null ? null : requireProbability(probability, table, line),
      quality,
      attentionX: number("attention_x"),
      attentionY: number("attention_y"),
      attentionPeak: number("attention_peak"),
      error: error === "" ? null : error,
    };
  };
}

function fileOf(text: string | undefined, table: TableFile, line: number): string {
  if (text !== undefined && text !== "") return text;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}, column file: it is empty. Each cell needs a file.`,
  );
}

/** A coordinate: any number, also a negative one, as microscopes' stages count. */
function positionOf(text: string, table: TableFile, line: number, heading: string): number {
  const value = Number(table.decimalComma ? text.replace(",", ".") : text);
  if (Number.isFinite(value)) return value;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}, column ${heading}: expected a number, found "${text}".`,
  );
}

function requireProbability(value: number, table: TableFile, line: number): number {
  if (value <= 1) return value;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}, column probability: expected a number from 0 to 1, found ${value}.`,
  );
}
