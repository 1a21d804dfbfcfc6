import { MicronucleiError } from "../core/errors.ts";
import type { TableFile } from "./table-file.ts";

/** What a sample is for. Where none is given, dose and kind of study decide. */
export const ROLES = ["calibration", "unknown", "control", "treated", "positive control"] as const;
export type Role = (typeof ROLES)[number];

/** A donor or a culture as the study table tells it; null where it does not. */
export interface SampleDetails {
  readonly name: string;
  readonly role: Role | null;
  readonly donor: string | null;
  readonly culture: string | null;
  readonly replicate: string | null;
  readonly treatment: string | null;
  readonly dose: number | null;
  readonly doseUnit: string | null;
  readonly harvestHours: number | null;
  /** Cells with one, two, more nuclei that were counted elsewhere. */
  readonly monoCells: number | null;
  readonly biCells: number | null;
  readonly multiCells: number | null;
  readonly columns: Readonly<Record<string, string>>;
}

/** A sample of which only the name is known, and `details`. */
export function sampleNamed(name: string, details: Partial<SampleDetails> = {}): SampleDetails {
  return {
    name,
    role: null,
    donor: null,
    culture: null,
    replicate: null,
    treatment: null,
    dose: null,
    doseUnit: null,
    harvestHours: null,
    monoCells: null,
    biCells: null,
    multiCells: null,
    columns: {},
    ...details,
  };
}

/** A row of a study table: a slide of a sample, and where its cells are. */
export interface SlideRow {
  readonly sample: SampleDetails;
  readonly slide: string;
  /** Folder of images or table of cells, relative to the study table; null for a sample without images. */
  readonly cells: string | null;
}

/** Headings, lower-case, and what they mean. */
const HEADINGS: Readonly<Record<string, keyof SampleDetails | "slide" | "cells">> = {
  sample: "name",
  slide: "slide",
  folder: "cells",
  cells: "cells",
  role: "role",
  donor: "donor",
  culture: "culture",
  replicate: "replicate",
  treatment: "treatment",
  dose: "dose",
  dose_gy: "dose",
  concentration: "dose",
  unit: "doseUnit",
  dose_unit: "doseUnit",
  harvest_hours: "harvestHours",
  mono: "monoCells",
  bi: "biCells",
  multi: "multiCells",
};

const UNNAMED_SLIDE = "1";

/** Reads a study table, a row a slide. Throws TABLE_COLUMNS, TABLE_VALUE and what reading a table throws. */
export async function readStudyTable(table: TableFile): Promise<SlideRow[]> {
  const meanings = meaningsOf(table.headings);
  requireColumn(table, "sample", meanings.includes("name"));
  const readSample = sampleReader(table);
  const text = (row: readonly string[], meaning: "slide" | "cells"): string | null => {
    const value = row[meanings.indexOf(meaning)]?.trim() ?? "";
    return value === "" ? null : value;
  };
  const slides: SlideRow[] = [];
  for await (const rows of table.rows)
    for (const row of rows) {
      const sample = readSample(row, slides.length + 2);
      slides.push({ sample, slide: text(row, "slide") ?? UNNAMED_SLIDE, cells: text(row, "cells") });
    }
  return slides;
}

/**
 * Reads the sample of a row. Rows that say the same of a sample get the same object: a table of a million cells has few
 * samples.
 */
export function sampleReader(table: TableFile): (row: readonly string[], line: number) => SampleDetails {
  const meanings = meaningsOf(table.headings);
  const columns = meanings.flatMap((meaning, column) =>
    meaning === null || meaning === "slide" || meaning === "cells" ? [] : [column],
  );
  const isCellTable = listsCells(table);
  const known = new Map<string, SampleDetails>();
  return (row, line) => {
    const key = columns.length === 1 ? (row[columns[0] ?? 0] ?? "") : columns.map((column) => row[column]).join("\n");
    const details = isCellTable ? known.get(key) : undefined;
    if (details !== undefined) return details;
    const read = sampleDetails(table, meanings, row, line, !isCellTable);
    known.set(key, read);
    return read;
  };
}

/** Whether a table lists cells (it has a column `file`) rather than slides. */
export function listsCells({ headings }: Pick<TableFile, "headings">): boolean {
  return headings.some((heading) => heading.toLowerCase() === "file");
}

/** What each column means; null for those that are only kept. A heading `dose_gy` says the unit too. */
export function meaningsOf(headings: readonly string[]) {
  return headings.map((heading) => HEADINGS[heading.toLowerCase()] ?? null);
}

type Meaning = ReturnType<typeof meaningsOf>[number];

/** `keepOthers`: other columns belong to the sample; in a table of cells they belong to the cell. */
function sampleDetails(
  table: TableFile,
  meanings: readonly Meaning[],
  row: readonly string[],
  line: number,
  keepOthers: boolean,
): SampleDetails {
  const text = (meaning: Meaning): string | null => {
    const value = row[meanings.indexOf(meaning)]?.trim() ?? "";
    return value === "" ? null : value;
  };
  const number = (meaning: keyof SampleDetails): number | null => {
    const value = text(meaning);
    return value === null ? null : numberOf(value, table, line, table.headings[meanings.indexOf(meaning)] ?? "");
  };
  const kept = table.headings.flatMap((heading, column) =>
    keepOthers && meanings[column] === null ? [[heading, row[column] ?? ""] as const] : [],
  );
  return {
    name: requireName(text("name"), table, line),
    role: roleOf(text("role"), table, line),
    donor: text("donor"),
    culture: text("culture"),
    replicate: text("replicate"),
    treatment: text("treatment"),
    dose: number("dose"),
    doseUnit: text("doseUnit") ?? (hasDoseInGray(table) ? "Gy" : null),
    harvestHours: number("harvestHours"),
    monoCells: number("monoCells"),
    biCells: number("biCells"),
    multiCells: number("multiCells"),
    columns: Object.fromEntries(kept),
  };
}

function requireName(name: string | null, table: TableFile, line: number): string {
  if (name !== null) return name;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}: the sample has no name. Fill in the column "sample".`,
  );
}

function hasDoseInGray({ headings }: TableFile): boolean {
  return headings.some((heading) => heading.toLowerCase() === "dose_gy");
}

/** A number as people write it in the table. Throws TABLE_VALUE where it is none or negative. */
export function numberOf(
  text: string,
  table: Pick<TableFile, "path" | "decimalComma">,
  line: number,
  heading: string,
): number {
  const value = Number(table.decimalComma ? text.replace(",", ".") : text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}, column ${heading}: expected a number of at least 0, found "${text}".`,
  );
}

function roleOf(text: string | null, table: TableFile, line: number): Role | null {
  const role = ROLES.find((known) => known === text?.toLowerCase());
  if (text === null || role !== undefined) return role ?? null;
  throw new MicronucleiError(
    "TABLE_VALUE",
    `${table.path}, row ${line}, column role: "${text}" is no role. Expected one of ${ROLES.join(", ")}, or nothing.`,
  );
}

export function requireColumn(table: Pick<TableFile, "path" | "headings">, column: string, present: boolean): void {
  if (present) return;
  throw new MicronucleiError(
    "TABLE_COLUMNS",
    `${table.path} has no column "${column}". Found: ${table.headings.join(", ")}.`,
  );
}
