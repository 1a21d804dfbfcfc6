import { parse } from "csv-parse/sync";
import { AssayError, describeError } from "../core/errors.ts";
import type { CalibrationPoint } from "./calibration-curve.ts";
import { type Distribution, totalsOf } from "./dispersion.ts";

/** A row of a table of counts: a sample, a case, or a calibration dose. */
export type CountRow = {
  /** The id column, else "row 1", "row 2", ... */
  readonly name: string;
  readonly dose: number | null;
  readonly bnCells: number;
  /** All micronuclei; null where only cells with micronuclei were counted. */
  readonly micronuclei: number | null;
  /** Cells with at least one micronucleus; null where only totals of micronuclei were counted. */
  readonly mnbnCells: number | null;
  /** Null where the table has totals only. */
  readonly distribution: Distribution | null;
};

type Column = "dose" | "name" | "bnCells" | "micronuclei" | "mnbnCells";

const HEADINGS: Readonly<Record<string, Column>> = {
  d: "dose",
  dose: "dose",
  concentration: "dose",
  id: "name",
  name: "name",
  sample: "name",
  n: "bnCells",
  cells: "bnCells",
  x: "micronuclei",
  mn: "micronuclei",
  mnbn: "mnbnCells",
};

/**
 * Reads a table of counts, as Biodose Tools writes them: a heading line with C0, C1, ... (cells with 0, 1, ...
 * micronuclei) or N and X (cells, micronuclei), and D or `dose` for calibration data, `id` for cases. Also `mnbn`.
 * Comma, semicolon or tab between columns; a decimal comma is understood with the latter two. Other columns are left.
 */
export function parseCountTable(text: string, source: string): CountRow[] {
  const delimiter = delimiterOf(text);
  const [headings = [], ...body] = readCells(text, delimiter, source);
  const columns = headings.map((heading) => heading.toLowerCase());
  requireColumns(columns, source);
  if (body.length === 0) throw unreadable(source, "it has a heading line but no rows");
  return body.map((cells, index) => {
    const number = (column: number): number =>
      parseNumber(cells[column] ?? "", delimiter, { source, index, heading: headings[column] });
    return rowOf(columns, cells, number, { source, index });
  });
}

type Place = { readonly source: string; readonly index: number };

function rowOf(
  columns: readonly string[],
  cells: readonly string[],
  number: (column: number) => number,
  place: Place,
): CountRow {
  const find = (wanted: Column): number => columns.findIndex((heading) => HEADINGS[heading] === wanted);
  const optional = (wanted: Column): number | null => (find(wanted) < 0 ? null : number(find(wanted)));
  const counted = columns.some((heading) => CLASS.test(heading));
  const distribution = counted ? classColumns(columns).map(number) : null;
  const totals = distribution === null ? null : totalsOf(distribution);
  const row: CountRow = {
    name: cells[find("name")] ?? `row ${place.index + 1}`,
    dose: optional("dose"),
    bnCells: totals?.bnCells ?? number(find("bnCells")),
    micronuclei: totals?.micronuclei ?? optional("micronuclei"),
    mnbnCells: totals?.mnbnCells ?? optional("mnbnCells"),
    distribution,
  };
  requireSame("N", optional("bnCells"), row.bnCells, place);
  requireSame("X", optional("micronuclei"), row.micronuclei, place);
  requireSame("MNBN", optional("mnbnCells"), row.mnbnCells, place);
  return row;
}

/** C0, C1, ...: cells with that many micronuclei. */
const CLASS = /^c\d+$/;

/** Positions of C0, C1, ... in this order, however the table orders them. */
function classColumns(columns: readonly string[]): number[] {
  return columns.filter((heading) => CLASS.test(heading)).map((_, k) => columns.indexOf(`c${k}`));
}

/** The rows of a calibration table as points of a curve; refuses rows without dose or micronuclei. */
export function calibrationPoints(rows: readonly CountRow[], source: string): CalibrationPoint[] {
  return rows.map(({ name, dose, bnCells, micronuclei }) => {
    if (dose !== null && micronuclei !== null) return { doseGray: dose, bnCells, micronuclei };
    throw missingColumn(source, `${name} has no ${dose === null ? "dose (column D)" : "micronuclei (column X)"}`);
  });
}

/** The points of a curve as a table D, N, X that Biodose Tools reads. */
export function formatCalibrationPoints(points: readonly CalibrationPoint[]): string {
  const rows = points.map(({ doseGray, bnCells, micronuclei }) => `${doseGray},${bnCells},${micronuclei}\n`);
  return `D,N,X\n${rows.join("")}`;
}

function delimiterOf(text: string): string {
  const [heading = ""] = text.split("\n", 1);
  return [";", "\t"].find((delimiter) => heading.includes(delimiter)) ?? ",";
}

function readCells(text: string, delimiter: string, source: string): string[][] {
  try {
    return parse(text, { delimiter, bom: true, trim: true, skip_empty_lines: true });
  } catch (error) {
    throw unreadable(source, describeError(error), error);
  }
}

function unreadable(source: string, problem: string, cause?: unknown): AssayError {
  return new AssayError(
    "COUNT_TABLE_UNREADABLE",
    `${source} cannot be read as a table of counts: ${problem}. Save it as CSV with one heading line.`,
    { cause },
  );
}

function requireColumns(columns: readonly string[], source: string): void {
  if (columns.some((heading) => CLASS.test(heading))) {
    if (!classColumns(columns).includes(-1)) return;
    throw missingColumn(source, "the columns C0, C1, ... have a gap or start above C0");
  }
  const known = columns.map((heading) => HEADINGS[heading]);
  if (known.includes("bnCells") && (known.includes("micronuclei") || known.includes("mnbnCells"))) return;
  throw missingColumn(source, `it has only the columns ${columns.join(", ")}`);
}

function missingColumn(source: string, problem: string): AssayError {
  return new AssayError(
    "COUNT_TABLE_COLUMN_MISSING",
    `${source} lacks a column: ${problem}. A table of counts has C0, C1, ... (cells with 0, 1, ... micronuclei), ` +
      "or N (cells) with X (micronuclei) or MNBN (cells with micronuclei); D (dose) for calibration and trend.",
  );
}

function parseNumber(
  text: string,
  delimiter: string,
  { source, index, heading }: Place & { readonly heading: string | undefined },
): number {
  const value = Number(delimiter === "," ? text : text.replace(",", "."));
  if (text !== "" && Number.isFinite(value)) return value;
  throw new AssayError(
    "COUNT_TABLE_VALUE_INVALID",
    `${source}, row ${index + 1}, column ${heading}: expected a number, found "${text}". Write 0 where nothing was seen.`,
  );
}

function requireSame(column: string, given: number | null, computed: number | null, { source, index }: Place): void {
  if (given === null || given === computed) return;
  throw new AssayError(
    "COUNT_TABLE_INCONSISTENT",
    `${source}, row ${index + 1}: column ${column} says ${given}, the columns C0, C1, ... add up to ${computed}. ` +
      "Correct the row, or leave one of the two out.",
  );
}
