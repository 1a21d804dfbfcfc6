import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, open, rename, rm, truncate } from "node:fs/promises";
import { createInterface } from "node:readline";
import { stringify } from "csv-stringify/sync";
import { EngineError } from "../core/errors.ts";
import { SCORE_COLUMNS, type ScoreColumns } from "./score-row.ts";

/** One line of a score file: the cell's own columns as they were, then ours. */
export interface ScoreRow {
  readonly columns: Readonly<Record<string, string>>;
  readonly score: ScoreColumns;
}

/** What must be the same for a broken-off score file to be continued. */
export interface ScoreFileIdentity {
  readonly modelSha256: string;
  readonly source: string;
  readonly threshold: number;
}

/** Rows between two flushes to the disk; what a power cut can cost. */
const ROWS_PER_FLUSH = 256;

/**
 * Writes scores row by row into `<path>.partial`, so that a broken-off scoring goes on where it stopped; `finish` turns it
 * into CSV or, where the name ends in .jsonl, JSON Lines.
 */
export class ScoreFile {
  readonly #path: string;
  readonly #partial: FileHandle;
  #waiting: string[] = [];
  /** Rows that an earlier, broken-off scoring has left. */
  readonly rowsBefore: number;
  /** Of these, the ones with an error. */
  readonly failedBefore: number;

  private constructor(path: string, partial: FileHandle, rowsBefore: number, failedBefore: number) {
    this.#path = path;
    this.#partial = partial;
    this.rowsBefore = rowsBefore;
    this.failedBefore = failedBefore;
  }

  /** Starts a score file, or goes on with the partial one of the same model, source and threshold. */
  static async open(path: string, identity: ScoreFileIdentity): Promise<ScoreFile> {
    const partialPath = partialOf(path);
    const kept = existsSync(partialPath) ? await completeRows(partialPath, identity) : null;
    if (kept !== null) {
      await truncate(partialPath, kept.bytes);
      return new ScoreFile(path, await openForWriting(partialPath, "a"), kept.rows, kept.failed);
    }
    const partial = await openForWriting(partialPath, "w");
    await partial.write(`${JSON.stringify(identity)}\n`);
    return new ScoreFile(path, partial, 0, 0);
  }

  async write(row: ScoreRow): Promise<void> {
    this.#waiting.push(JSON.stringify(row));
    if (this.#waiting.length >= ROWS_PER_FLUSH) await this.#flush();
  }

  /** Leaves the partial file for a later scoring to go on with. */
  async suspend(): Promise<void> {
    await this.#flush();
    await this.#partial.close();
  }

  /** Turns the rows into the finished file and removes the partial one. */
  async finish(): Promise<void> {
    await this.suspend();
    const partialPath = partialOf(this.#path);
    const temporary = `${this.#path}.tmp`;
    const target = await openForWriting(temporary, "w");
    const asCsv = !this.#path.toLowerCase().endsWith(".jsonl");
    const headings = asCsv ? await headingsOf(partialPath) : [];
    if (asCsv) await target.write(stringify([[...headings, ...SCORE_COLUMNS]]));
    let lines: string[] = [];
    const writeLines = async () => {
      if (lines.length > 0) await target.write(lines.join(""));
      lines = [];
    };
    for await (const row of rowsOf(partialPath)) {
      lines.push(asCsv ? csvLine(row, headings) : `${JSON.stringify(jsonRow(row))}\n`);
      if (lines.length >= ROWS_PER_FLUSH) await writeLines();
    }
    await writeLines();
    await target.sync();
    await target.close();
    await rename(temporary, this.#path);
    await rm(partialPath);
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#partial.write(`${this.#waiting.join("\n")}\n`);
    this.#waiting = [];
    await this.#partial.sync();
  }
}

/** A column of the source that has the name of one of ours is kept under this one. */
function keptName(column: string): string {
  return (SCORE_COLUMNS as readonly string[]).includes(column) ? `source_${column}` : column;
}

function jsonRow({ columns, score }: ScoreRow): Record<string, unknown> {
  const kept = Object.entries(columns).map(([name, value]) => [keptName(name), value] as const);
  const ours = SCORE_COLUMNS.map((name) => [name, score[name] === "" ? null : score[name]] as const);
  return Object.fromEntries<unknown>([...kept, ...ours]);
}

function csvLine({ columns, score }: ScoreRow, headings: readonly string[]): string {
  const kept = new Map(Object.entries(columns).map(([name, value]) => [keptName(name), value]));
  return stringify([[...headings.map((name) => kept.get(name) ?? ""), ...SCORE_COLUMNS.map((name) => score[name])]]);
}

/** Every column that any row has, in the order of their first appearance. */
async function headingsOf(partialPath: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const { columns } of rowsOf(partialPath))
    for (const name of Object.keys(columns)) names.add(keptName(name));
  return [...names];
}

async function* rowsOf(partialPath: string): AsyncGenerator<ScoreRow> {
  let isHeader = true;
  for await (const line of createInterface({ input: createReadStream(partialPath) })) {
    if (!isHeader) yield JSON.parse(line) as ScoreRow;
    isHeader = false;
  }
}

/** How many whole rows a partial file of this identity has, and in how many bytes; null for another identity. */
async function completeRows(partialPath: string, identity: ScoreFileIdentity) {
  let bytes = 0;
  let rows = -1;
  let failed = 0;
  for await (const line of wholeLines(partialPath)) {
    if (rows === -1 && line !== JSON.stringify(identity)) return null;
    rows++;
    bytes += Buffer.byteLength(line) + 1;
    if (rows > 0 && (JSON.parse(line) as ScoreRow).score.error !== "") failed++;
  }
  return rows === -1 ? null : { rows, bytes, failed };
}

/** Lines that end in a line break; what a crash cut off behind the last one is left out. */
async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    let content = Buffer.concat([rest, chunk as Buffer]);
    for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10)) {
      yield content.toString("utf8", 0, end);
      content = content.subarray(end + 1);
    }
    rest = Buffer.from(content);
  }
}

async function openForWriting(path: string, flags: "a" | "w"): Promise<FileHandle> {
  try {
    return await open(path, flags);
  } catch (error) {
    throw new EngineError(
      "SCORES_NOT_WRITTEN",
      `${path} cannot be written. Give --out a file in a folder that exists.`,
      {
        cause: error,
      },
    );
  }
}

function partialOf(path: string): string {
  return `${path}.partial`;
}
