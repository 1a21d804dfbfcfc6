import { createReadStream } from "node:fs";
import { access, constants, open } from "node:fs/promises";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { describeError, EvaluationError } from "../core/errors.ts";
import { resolveClasses } from "../dataset/classes.ts";
import { groupKey } from "../dataset/grouping.ts";

/** Cells with a score and a label, and a count of every row that is not among them. */
export interface ScoreTable {
  readonly scores: readonly number[];
  readonly positives: readonly boolean[];
  /** Of each cell; null where its columns are empty. Undefined where cells stand for themselves. */
  readonly groups: readonly (string | null)[] | undefined;
  /** The column that groups the cells, or null. */
  readonly groupedBy: string | null;
  readonly classNames: { readonly positive: string; readonly negative: string };
  readonly rows: number;
  readonly leftOut: LeftOut;
}

/** Rows that are in no number, by reason; a row counts once. */
export interface LeftOut {
  /** The column `error` says something. */
  readonly withError: number;
  readonly withoutProbability: number;
  readonly withoutLabel: number;
  /** The label is neither of the two classes, such as "ambiguous". */
  readonly ofOtherLabel: number;
}

export interface ScoreTableChoice {
  /** Label of the positive class; `mn`, or 1 / true where labels are such, unless told. */
  readonly positive?: string | undefined;
  readonly negative?: string | undefined;
  /** A column; `auto` for the coarsest of donor, slide and field with enough values; `none`. */
  readonly groupBy: string;
}

type Row = Readonly<Record<string, string | undefined>>;

/** Columns by which `auto` groups, the coarsest first. */
const AUTOMATIC_GROUPS = ["donor", "slide", "field"] as const;
/** An interval over fewer groups says little: `auto` then takes the next finer column. */
const FEWEST_AUTOMATIC_GROUPS = 10;
/** What programs write for a number that is not there. */
const MISSING = new Set(["", "nan", "na", "null", "none"]);
/** Labels that need no names: [negative, positive]. */
const PLAIN_LABELS = [
  ["0", "1"],
  ["false", "true"],
] as const;

/** How a report calls cells whose labels are 1 and 0. */
const WORDS_FOR_PLAIN_LABELS = { positive: "positive", negative: "negative" };

/**
 * Reads anybody's scores: CSV (commas, semicolons or tabs) or JSON Lines with the columns `label` and `probability`, any
 * size, keeping only what is evaluated. Rows with an error, without a probability or without a label are counted.
 *
 * Labels are class names, or 0 / 1, or false / true. Throws SCORES_NOT_FOUND, SCORES_COLUMNS, SCORES_ROW, SCORES_VALUE,
 * SCORES_EMPTY, and for class names what `resolveClasses` throws.
 */
export async function readScoreTable(path: string, choice: ScoreTableChoice): Promise<ScoreTable> {
  await checkReadable(path);
  const kept = new KeptRows(path, choice.groupBy);
  const rows = /^\.(jsonl|ndjson)$/i.test(extname(path)) ? jsonRows(path) : csvRows(path);
  for await (const { row, line } of rows) kept.add(row, line);
  return kept.finish(choice);
}

/** What is kept of the rows while they go by: numbers and repeated names, not the rows. */
class KeptRows {
  readonly #path: string;
  readonly #groupColumns: readonly string[];
  readonly #probabilities: number[] = [];
  readonly #labels: string[] = [];
  readonly #groups: Map<string, (string | null)[]>;
  readonly #names = new Map<string, string>();
  #rows = 0;
  #withError = 0;
  #withoutProbability = 0;
  #withoutLabel = 0;

  constructor(path: string, groupBy: string) {
    this.#path = path;
    this.#groupColumns = groupBy === "auto" ? AUTOMATIC_GROUPS : groupBy === "none" ? [] : [groupBy];
    this.#groups = new Map(this.#groupColumns.map((column) => [column, []]));
  }

  add(row: Row, line: number): void {
    this.#rows++;
    if (this.#rows === 1) this.#checkColumns(row);
    const label = this.#once(labelOf(row.label ?? ""));
    const text = (row.probability ?? "").trim();
    if ((row.error ?? "").trim() !== "") this.#withError++;
    else if (MISSING.has(text.toLowerCase())) this.#withoutProbability++;
    else if (label === "") this.#withoutLabel++;
    else {
      this.#probabilities.push(this.#numberOf(text, line));
      this.#labels.push(label);
      for (const column of this.#groupColumns) this.#groups.get(column)?.push(this.#groupOf(row, column));
    }
  }

  finish({ positive, negative, groupBy }: ScoreTableChoice): ScoreTable {
    if (this.#labels.length === 0) throw this.#nothingLeft();
    const counts = new Map<string, number>();
    for (const label of this.#labels) counts.set(label, (counts.get(label) ?? 0) + 1);
    const plain = plainLabels(counts, positive);
    const [negativeName, positiveName] =
      plain ??
      resolveClasses(
        counts,
        { ...(positive === undefined ? {} : { positive }), ...(negative === undefined ? {} : { negative }) },
        this.#path,
      );
    const cells = [...this.#labels.keys()].filter((row) => {
      const label = this.#labels[row];
      return label === positiveName || label === negativeName;
    });
    const groupedBy = this.#chooseGroups(groupBy);
    const groups = groupedBy === null ? undefined : this.#groups.get(groupedBy);
    return {
      scores: cells.map((row) => this.#probabilities[row] as number),
      positives: cells.map((row) => this.#labels[row] === positiveName),
      groups: groups && cells.map((row) => groups[row] ?? null),
      groupedBy,
      classNames: plain ? WORDS_FOR_PLAIN_LABELS : { positive: positiveName, negative: negativeName },
      rows: this.#rows,
      leftOut: {
        withError: this.#withError,
        withoutProbability: this.#withoutProbability,
        withoutLabel: this.#withoutLabel,
        ofOtherLabel: this.#labels.length - cells.length,
      },
    };
  }

  #chooseGroups(groupBy: string): string | null {
    if (groupBy !== "auto") return groupBy === "none" ? null : groupBy;
    const enough = AUTOMATIC_GROUPS.find((column) => {
      const names = new Set(this.#groups.get(column));
      names.delete(null);
      return names.size >= FEWEST_AUTOMATIC_GROUPS;
    });
    return enough ?? null;
  }

  /** Numbers of fields start again on every slide, so the names of slide and donor are part of a field's. */
  #groupOf(row: Row, column: string): string | null {
    const named = (name: string): string | undefined => (row[name] ?? "").trim() || undefined;
    if (column !== "donor" && column !== "slide" && column !== "field") return this.#once(named(column) ?? "") || null;
    const [donor, slide, field] = [named("donor"), named("slide"), named("field")];
    const cell = {
      ...(donor === undefined ? {} : { donor }),
      ...(slide === undefined ? {} : { slide }),
      ...(field === undefined ? {} : { field }),
      file: "",
      path: "",
      columns: {},
    };
    return this.#once(groupKey(cell, column) ?? "") || null;
  }

  /** The first text that was equal, so that a million rows do not hold a million copies. */
  #once(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    this.#names.set(text, text);
    return text;
  }

  #numberOf(text: string, line: number): number {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new EvaluationError(
      "SCORES_VALUE",
      `${this.#path}, line ${line}: the probability is "${text}"; expected a finite number such as 0.93 (with a point), ` +
        "or nothing where there is no score.",
    );
  }

  #checkColumns(row: Row): void {
    const explicit = this.#groupColumns.length === 1 ? this.#groupColumns : [];
    const missing = ["label", "probability", ...explicit].filter((name) => !(name in row));
    if (missing.length === 0) return;
    throw new EvaluationError(
      "SCORES_COLUMNS",
      `${this.#path} has no column ${missing.map((name) => `"${name}"`).join(" and ")}. ` +
        `Found: ${Object.keys(row).join(", ")}. Expected "label" and "probability", one row a cell` +
        `${explicit.length === 0 ? "." : ", and the column named by --group-by."}`,
    );
  }

  #nothingLeft(): EvaluationError {
    return new EvaluationError(
      "SCORES_EMPTY",
      `None of the ${this.#rows} rows of ${this.#path} has both a probability and a label: ${this.#withError} have an ` +
        `error, ${this.#withoutProbability} no probability, ${this.#withoutLabel} no label. Score the cells, or label them.`,
    );
  }
}

/** [negative, positive] where all labels are 0 / 1 or false / true (in any case) and nobody names another class. */
function plainLabels(counts: ReadonlyMap<string, number>, positive: string | undefined): [string, string] | null {
  const pair = PLAIN_LABELS.find((labels) => [...counts.keys()].every((label) => labels.includes(label as never)));
  if (pair === undefined || (positive !== undefined && positive !== pair[1])) return null;
  return [pair[0], pair[1]];
}

/** "True" and "TRUE" are what Python and spreadsheets write for true. */
function labelOf(text: string): string {
  const trimmed = text.trim();
  return /^(true|false)$/i.test(trimmed) ? trimmed.toLowerCase() : trimmed;
}

interface NumberedRow {
  readonly row: Row;
  readonly line: number;
}

async function* csvRows(path: string): AsyncGenerator<NumberedRow> {
  const parser = parse({
    bom: true,
    delimiter: await delimiterOf(path),
    trim: true,
    skip_empty_lines: true,
    columns: true,
    on_record: (row: Record<string, string>, { lines }) => ({ row, line: lines }),
  });
  // The callback only says that errors are handled; they reach the loop below through the parser.
  pipeline(createReadStream(path), parser, () => {});
  try {
    for await (const numbered of parser) yield numbered as NumberedRow;
  } catch (error) {
    if (error instanceof CsvError) throw unreadableRow(path, error.lines, error.message, error);
    throw error;
  }
}

/** The separator that the header has most of. */
async function delimiterOf(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0);
  const [header = ""] = buffer.toString("utf8", 0, bytesRead).split(/[\r\n]/, 1);
  const occurrences = (delimiter: string): number => header.split(delimiter).length;
  return [",", ";", "\t"].reduce((best, next) => (occurrences(next) > occurrences(best) ? next : best));
}

async function* jsonRows(path: string): AsyncGenerator<NumberedRow> {
  const input = createReadStream(path, { encoding: "utf8" });
  try {
    let line = 0;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() !== "") yield { row: jsonRow(path, text, line), line };
    }
  } finally {
    input.destroy();
  }
}

function jsonRow(path: string, text: string, line: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw unreadableRow(path, line, describeError(error), error);
  }
  if (typeof value !== "object" || value === null) throw unreadableRow(path, line, "it is not a JSON object");
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, item === null ? "" : String(item)]));
}

function unreadableRow(path: string, line: unknown, reason: string, cause?: unknown): EvaluationError {
  return new EvaluationError(
    "SCORES_ROW",
    `${path}, line ${line}: the row cannot be read: ${reason}. Expected CSV with a header, or JSON Lines (.jsonl).`,
    { cause },
  );
}

async function checkReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new EvaluationError(
      "SCORES_NOT_FOUND",
      `${path} cannot be opened: ${describeError(cause)}. Check the path given to --scores.`,
      { cause },
    );
  }
}
