import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, open, rename, rm, truncate } from "node:fs/promises";
import { createInterface } from "node:readline";
import { describeError, EngineError } from "../core/errors.ts";
import { csvHeader, csvLine, formatOf, jsonLine, keptNames, type ScoreRow } from "./score-format.ts";

/** What must be the same for a broken-off score file to be continued. */
export interface ScoreFileIdentity {
  readonly modelSha256: string;
  /** Of the rows of the source in their order, so that a file that was added or removed in between is noticed. */
  readonly sourceSha256: string;
  readonly threshold: number;
  readonly positiveClass: string;
  /** Orientations whose mean is a score. Absent: the cell as it is. */
  readonly views?: number;
}

/** Rows counted by what became of them. */
export interface ScoreCounts {
  readonly cells: number;
  /** Without a score: their images cannot be read. */
  readonly failed: number;
  /** Called positive. */
  readonly positive: number;
}

/** Rows between two flushes to the disk; what a power cut can cost. */
const ROWS_PER_FLUSH = 256;

/**
 * Writes scores row by row into `<path>.partial`, so that a broken-off scoring goes on where it stopped; `finish` turns it
 * into CSV or JSON Lines, the same bytes as an uninterrupted scoring writes.
 */
export class ScoreFile {
  readonly #path: string;
  readonly #partial: FileHandle;
  #waiting: string[] = [];
  /** Of the rows that an earlier, broken-off scoring has left. */
  readonly before: ScoreCounts;

  private constructor(path: string, partial: FileHandle, before: ScoreCounts) {
    this.#path = path;
    this.#partial = partial;
    this.before = before;
  }

  /**
   * Starts a score file, or goes on with the partial one of the same identity. Here and later SCORES_NOT_WRITTEN where
   * the folder is missing or the disk is full.
   */
  static async open(path: string, identity: ScoreFileIdentity): Promise<ScoreFile> {
    const partialPath = partialOf(path);
    return writing(partialPath, async () => {
      const kept = existsSync(partialPath) ? await wholeRows(partialPath, identity) : null;
      if (kept !== null) {
        await truncate(partialPath, kept.bytes);
        return new ScoreFile(path, await open(partialPath, "a"), kept.counts);
      }
      const partial = await open(partialPath, "w");
      await partial.appendFile(`${JSON.stringify(identity)}\n`);
      return new ScoreFile(path, partial, NO_ROWS);
    });
  }

  async write(row: ScoreRow): Promise<void> {
    this.#waiting.push(`${JSON.stringify(row)}\n`);
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
    await writing(temporary, async () => {
      await using target = await open(temporary, "w");
      for await (const lines of finishedLines(partialPath, formatOf(this.#path))) await target.appendFile(lines);
      await target.sync();
    });
    await rename(temporary, this.#path);
    await rm(partialPath);
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting.join("");
    this.#waiting = [];
    await writing(partialOf(this.#path), async () => {
      await this.#partial.appendFile(lines);
      await this.#partial.sync();
    });
  }
}

const NO_ROWS: ScoreCounts = { cells: 0, failed: 0, positive: 0 };

function partialOf(path: string): string {
  return `${path}.partial`;
}

/** The counts with one more row. */
export function countRow(counts: ScoreCounts, { score }: ScoreRow, positiveClass: string): ScoreCounts {
  return {
    cells: counts.cells + 1,
    failed: counts.failed + (score.error === "" ? 0 : 1),
    positive: counts.positive + (score.prediction === positiveClass ? 1 : 0),
  };
}

/** The text of the finished file, many lines at a time. */
async function* finishedLines(partialPath: string, format: "csv" | "json-lines"): AsyncGenerator<string> {
  const headings = format === "csv" ? await headingsOf(partialPath) : [];
  let lines = format === "csv" ? [csvHeader(headings)] : [];
  for await (const row of rowsOf(partialPath)) {
    lines.push(format === "csv" ? csvLine(row, headings) : jsonLine(row));
    if (lines.length < ROWS_PER_FLUSH) continue;
    yield lines.join("");
    lines = [];
  }
  yield lines.join("");
}

/** Every column that any row has, in the order of their first appearance. */
async function headingsOf(partialPath: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const row of rowsOf(partialPath)) for (const name of keptNames(row)) names.add(name);
  return [...names];
}

async function* rowsOf(partialPath: string): AsyncGenerator<ScoreRow> {
  let isHeader = true;
  for await (const line of createInterface({ input: createReadStream(partialPath) })) {
    if (!isHeader) yield JSON.parse(line) as ScoreRow;
    isHeader = false;
  }
}

/** The whole rows of a partial file of this identity, and where they end; null for another identity. */
async function wholeRows(partialPath: string, identity: ScoreFileIdentity) {
  let bytes = 0;
  let counts = NO_ROWS;
  for await (const line of wholeLines(partialPath)) {
    const isHeader = bytes === 0;
    if (isHeader && line !== JSON.stringify(identity)) return null;
    const row = isHeader ? null : parseRow(line);
    // After a power cut a file may end in bytes that were never written: what follows the last good row is scored again.
    if (row === undefined) break;
    if (row !== null) counts = countRow(counts, row, identity.positiveClass);
    bytes += Buffer.byteLength(line) + 1;
  }
  return bytes === 0 ? null : { counts, bytes };
}

function parseRow(line: string): ScoreRow | undefined {
  try {
    return JSON.parse(line) as ScoreRow;
  } catch {
    return undefined;
  }
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

async function writing<Result>(path: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (cause) {
    throw new EngineError(
      "SCORES_NOT_WRITTEN",
      `${path} cannot be written: ${describeError(cause)}. Give --out a file in a folder that exists, on a disk with room; ` +
        "rows that were written stay, and the same command goes on after them.",
      { cause },
    );
  }
}
