import { createReadStream } from "node:fs";
import { access, constants, open } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { DatasetError, describeError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { type Cell, cellFromColumns } from "./cell.ts";

type ManifestFormat = "csv" | "json-lines";

const FORMATS: Readonly<Record<string, ManifestFormat>> = {
  ".csv": "csv",
  ".tsv": "csv",
  ".txt": "csv",
  ".jsonl": "json-lines",
  ".ndjson": "json-lines",
};
/** A longer row is a quote that was never closed; without a bound it would swallow the rest of the file. */
const LONGEST_ROW_CHARACTERS = 1 << 20;
const SNIFFED_BYTES = 1 << 16;

/**
 * The cells of a manifest one by one, in bounded memory.
 *
 * CSV (.csv, .tsv, .txt): UTF-8 with or without a byte order mark, a header row, separated by commas, semicolons or
 * tabs (whichever the header has most of), values quoted where needed. JSON Lines (.jsonl, .ndjson): one object a line.
 * The column `file` is required, relative to the manifest's folder; both slashes separate folders.
 *
 * Throws DATA_NOT_FOUND, MANIFEST_FORMAT, MANIFEST_COLUMNS, MANIFEST_ROW, MANIFEST_ENCODING, MANIFEST_FILE,
 * MANIFEST_VALUE and SPLIT_UNKNOWN; each names the file, and the line where there is one.
 */
export async function* readManifest(path: string): AsyncGenerator<Cell> {
  const format = manifestFormat(path);
  await checkReadable(path);
  const folder = resolve(dirname(path));
  const toCell = (columns: Record<string, string>, line: number): Cell =>
    cellFromColumns(columns, (file) => resolve(folder, file.replaceAll("\\", "/")), `${path}, line ${line}`);
  yield* format === "csv" ? readCsv(path, toCell) : readJsonLines(path, toCell);
}

/** Throws MANIFEST_FORMAT where the name does not end like a manifest's: for a check before hours of work. */
export function checkManifestName(path: string): void {
  manifestFormat(path);
}

/**
 * Writes cells as CSV or, by the extension, tab-separated text or JSON Lines; atomically. All columns of the cells are
 * kept in the order in which they first occur; what the cell itself says (its split, its error) stands above what its
 * columns say. In JSON Lines, positions and counts are numbers, all else text.
 */
export async function writeManifest(path: string, cells: readonly Cell[]): Promise<void> {
  const format = manifestFormat(path);
  const rows = cells.map(columnsOf);
  const header = headerOf(rows);
  if (format === "json-lines") {
    const lines = rows.map((row) => `${JSON.stringify(jsonRow(row, header))}\n`);
    return writeFileAtomically(path, lines.join(""));
  }
  const delimiter = extname(path).toLowerCase() === ".tsv" ? "\t" : ",";
  const table = [header, ...rows.map((row) => header.map((name) => row[name] ?? ""))];
  return writeFileAtomically(path, stringify(table, { delimiter }));
}

function manifestFormat(path: string): ManifestFormat {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw new DatasetError(
    "MANIFEST_FORMAT",
    `${path} is not a manifest by its name. Expected a table ending in .csv, .tsv or .txt, or JSON Lines ending in .jsonl or .ndjson.`,
  );
}

async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new DatasetError("DATA_NOT_FOUND", `${path} cannot be opened: ${describeError(cause)}. Check the path.`, {
      cause,
    });
  }
}

type ToCell = (columns: Record<string, string>, line: number) => Cell;

async function* readCsv(path: string, toCell: ToCell): AsyncGenerator<Cell> {
  const parser = parse({
    bom: true,
    delimiter: await sniffDelimiter(path),
    columns: (header: string[]) => checkHeader(path, header),
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW_CHARACTERS,
    on_record: (columns: Record<string, string>, context) => toCell(columns, context.lines),
  });
  // The callback only says that errors are handled; they reach the loop below through the parser.
  pipeline(createReadStream(path), parser, () => {});
  try {
    for await (const cell of parser) yield cell as Cell;
  } catch (error) {
    throw error instanceof CsvError ? malformedRow(path, error) : error;
  }
}

function malformedRow(path: string, error: CsvError): DatasetError {
  return new DatasetError(
    "MANIFEST_ROW",
    `${path}, line ${String(error.lines ?? "?")}: the row cannot be read: ${error.message}. ` +
      "Expected as many values as the header has columns, and every quote closed.",
    { cause: error },
  );
}

function checkHeader(path: string, header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw new DatasetError("MANIFEST_COLUMNS", `${path}, line 1: the column "${repeated}" occurs twice. Rename one.`);
  if (!names.includes("file"))
    throw new DatasetError(
      "MANIFEST_COLUMNS",
      `${path}, line 1: there is no column "file". Found: ${names.join(", ")}. ` +
        `Expected a header row with "file" and, for training, "label".`,
    );
  return names;
}

/** The separator that the header row has most of, outside quotes; a comma where it has none. */
async function sniffDelimiter(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
    if (buffer.subarray(0, 2).equals(Buffer.from([0xff, 0xfe])))
      throw new DatasetError("MANIFEST_ENCODING", `${path} is UTF-16. Save it as UTF-8 (in Excel: "CSV UTF-8").`);
    const [header = ""] = buffer.toString("utf8", 0, bytesRead).split(/[\r\n]/, 1);
    const unquoted = header.replaceAll(/"[^"]*"/g, "");
    const counts = [",", ";", "\t"].map((delimiter) => ({ delimiter, count: unquoted.split(delimiter).length }));
    return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
  } finally {
    await file.close();
  }
}

async function* readJsonLines(path: string, toCell: ToCell): AsyncGenerator<Cell> {
  const input = createReadStream(path, { encoding: "utf8" });
  try {
    let line = 0;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      const json = line === 1 ? text.replace(/^\uFEFF/, "") : text;
      if (json.trim() !== "") yield toCell(parseJsonRow(json, `${path}, line ${line}`), line);
    }
  } finally {
    input.destroy();
  }
}

function parseJsonRow(json: string, where: string): Record<string, string> {
  let row: unknown;
  try {
    row = JSON.parse(json);
  } catch (cause) {
    throw new DatasetError("MANIFEST_ROW", `${where}: this is not JSON: ${describeError(cause)}.`, { cause });
  }
  if (typeof row !== "object" || row === null || Array.isArray(row))
    throw new DatasetError("MANIFEST_ROW", `${where}: expected one JSON object, {"file": ..., "label": ...}.`);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, jsonValueText(value)]));
}

function jsonValueText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const NUMERIC_COLUMNS = new Set(["mn_count", "x", "y"]);

function jsonRow(row: Record<string, string>, header: readonly string[]): Record<string, string | number> {
  const filled = header.filter((name) => (row[name] ?? "") !== "");
  return Object.fromEntries(
    filled.map((name) => [name, NUMERIC_COLUMNS.has(name) ? Number(row[name]) : (row[name] ?? "")]),
  );
}

/** The cell's row: its columns as they were, except where the cell now says something else. */
function columnsOf(cell: Cell): Record<string, string> {
  const { file, path: _, columns, mnCount, ...named } = cell;
  const row: Record<string, string> = "file" in columns ? { ...columns, file } : { file, ...columns };
  for (const [name, value] of Object.entries({ ...named, mn_count: mnCount }))
    if (value !== undefined && (row[name] === undefined || !means(row[name], value))) row[name] = String(value);
  return row;
}

function means(text: string, value: string | number): boolean {
  return typeof value === "number" ? text.trim() !== "" && Number(text) === value : text.trim() === value;
}

function headerOf(rows: readonly Record<string, string>[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name in row) names.add(name);
  return [...names];
}
