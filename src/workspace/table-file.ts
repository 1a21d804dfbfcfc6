import { createReadStream } from "node:fs";
import { access, constants, open } from "node:fs/promises";
import { extname } from "node:path";
import { parse } from "csv-parse/sync";
import { describeError, MicronucleiError } from "../core/errors.ts";

/** A table with a heading line, read piece by piece. */
export interface TableFile {
  readonly path: string;
  readonly headings: readonly string[];
  /** A comma in a number is a decimal point: the table does not use it between columns. */
  readonly decimalComma: boolean;
  /** Texts of the rows in pieces of some thousands, each row as long as the headings. */
  readonly rows: AsyncIterable<readonly (readonly string[])[]>;
}

/** Characters that one row may have; more is a quote that was never closed. */
const LONGEST_ROW = 1_000_000;
const PIECE_BYTES = 1 << 20;

/**
 * Opens a study table or a table of cells: CSV with comma, semicolon or tab between columns (UTF-8), or the first sheet
 * of an Excel workbook (.xlsx). Throws TABLE_MISSING, TABLE_FORMAT, TABLE_ROW.
 */
export async function openTable(path: string): Promise<TableFile> {
  await requireReadable(path);
  if (extname(path).toLowerCase() === ".xlsx") return await openWorkbook(path);
  const delimiter = await findDelimiter(path);
  const pieces = csvPieces(path, delimiter);
  const first = await pieces.next();
  const [headings, ...others] = first.done === true ? [] : first.value;
  return {
    path,
    headings: checkHeadings(path, headings),
    decimalComma: delimiter !== ",",
    rows: checkedRows(path, headings?.length ?? 0, others, pieces),
  };
}

/** Whether a name is that of a table. */
export function isTableName(path: string): boolean {
  return [".csv", ".tsv", ".xlsx"].includes(extname(path).toLowerCase());
}

async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new MicronucleiError(
      "TABLE_MISSING",
      `The table "${path}" cannot be opened: ${describeError(cause)}. Check the path.`,
      {
        cause,
      },
    );
  }
}

async function openWorkbook(path: string): Promise<TableFile> {
  const { readSheet } = await import("read-excel-file/node");
  let cells: readonly (readonly unknown[])[];
  try {
    cells = await readSheet(path);
  } catch (cause) {
    throw new MicronucleiError(
      "TABLE_FORMAT",
      `"${path}" cannot be read as an Excel workbook: ${describeError(cause)}. Save it as .xlsx or CSV.`,
      {
        cause,
      },
    );
  }
  const [headings, ...rows] = cells.map((row) => row.map(textOfCell)).filter((row) => row.some((text) => text !== ""));
  return {
    path,
    headings: checkHeadings(path, headings),
    decimalComma: false,
    rows: checkedRows(path, headings?.length ?? 0, rows, nothing()),
  };
}

async function* nothing(): AsyncGenerator<string[][]> {}

function textOfCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  return value instanceof Date ? value.toISOString().slice(0, 10) : String(value);
}

function checkHeadings(path: string, headings: readonly string[] | undefined): string[] {
  const names = (headings ?? []).map((heading) => heading.trim());
  const repeated = names.find((name, index) => name !== "" && names.indexOf(name) !== index);
  if (names.length > 0 && repeated === undefined) return names;
  throw new MicronucleiError(
    "TABLE_FORMAT",
    `${path}: ${repeated === undefined ? "there is no heading line" : `the column "${repeated}" occurs twice`}. ` +
      "Expected one line of different headings, then the rows.",
  );
}

async function* checkedRows(
  path: string,
  width: number,
  first: readonly (readonly string[])[],
  others: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<readonly (readonly string[])[]> {
  let line = 2;
  const check = (rows: readonly (readonly string[])[]): readonly (readonly string[])[] => {
    const wrong = rows.findIndex((row) => row.length !== width);
    if (wrong >= 0)
      throw new MicronucleiError(
        "TABLE_ROW",
        `${path}, row ${line + wrong}: it has ${rows[wrong]?.length} values, and the heading line ${width}. Correct the row.`,
      );
    line += rows.length;
    return rows;
  };
  if (first.length > 0) yield check(first);
  for await (const rows of others) yield check(rows);
}

/** The rows of a CSV file, heading line first, in pieces. */
async function* csvPieces(path: string, delimiter: string): AsyncGenerator<string[][]> {
  let rest = "";
  for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: PIECE_BYTES })) {
    const text = rest === "" ? withoutMark(chunk as string) : rest + (chunk as string);
    const end = endOfRows(text);
    rest = text.slice(end);
    if (rest.length > LONGEST_ROW + PIECE_BYTES)
      throw new MicronucleiError(
        "TABLE_ROW",
        `${path}: a row does not end within a million characters. Close its quote.`,
      );
    const rows = rowsOf(path, text.slice(0, end), delimiter);
    if (rows.length > 0) yield rows;
  }
  const rows = rowsOf(path, rest, delimiter);
  if (rows.length > 0) yield rows;
}

function withoutMark(text: string): string {
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** Behind the last line break that is not inside quotes. */
function endOfRows(text: string): number {
  if (!text.includes('"')) return text.lastIndexOf("\n") + 1;
  let end = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) quoted = !quoted;
    else if (character === LINE_FEED && !quoted) end = at + 1;
  }
  return end;
}

const QUOTE = '"'.charCodeAt(0);
const LINE_FEED = "\n".charCodeAt(0);

/** Text without quotes is only split, which is ten times as fast as a parser: tables of a million cells are read here. */
function rowsOf(path: string, text: string, delimiter: string): string[][] {
  if (text.includes('"')) return parseQuoted(path, text, delimiter);
  const rows: string[][] = [];
  for (const line of text.split("\n")) {
    const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (plain.trim() !== "") rows.push(plain.split(delimiter));
  }
  return rows;
}

function parseQuoted(path: string, text: string, delimiter: string): string[][] {
  try {
    return parse(text, { delimiter, skip_empty_lines: true, relax_column_count: true });
  } catch (cause) {
    throw new MicronucleiError(
      "TABLE_ROW",
      `${path}: a row cannot be read: ${describeError(cause)}. Close every quote.`,
      { cause },
    );
  }
}

/** The separator that the heading line has most of. */
async function findDelimiter(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
    if (buffer[0] === 0xff && buffer[1] === 0xfe)
      throw new MicronucleiError(
        "TABLE_FORMAT",
        `${path} is UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8") or as .xlsx.`,
      );
    const [heading = ""] = buffer.toString("utf8", 0, bytesRead).split(/[\r\n]/, 1);
    const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: heading.split(delimiter).length }));
    return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
  } finally {
    await file.close();
  }
}
