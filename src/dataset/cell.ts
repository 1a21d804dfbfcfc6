import { DatasetError } from "../core/errors.ts";

export const SPLITS = ["train", "val", "test"] as const;

export type Split = (typeof SPLITS)[number];

/** One image of one cell with what a person knows about it: a row of a manifest, or a file in a class folder. */
export interface Cell {
  /** The image as the manifest writes it: absolute, or relative to the manifest's folder. */
  readonly file: string;
  /** The same image as an absolute path of this machine. */
  readonly path: string;
  /** A person's class name, never a model's. */
  readonly label?: string;
  /** How many micronuclei a person counted in the cell. */
  readonly mnCount?: number;
  readonly id?: string;
  /** One field of view of the microscope. */
  readonly field?: string;
  readonly slide?: string;
  readonly donor?: string;
  /** Any other thing that cells share and a split may have to keep whole: a day, a cell line, an objective. */
  readonly group?: string;
  readonly split?: Split;
  /** Position of the cell in its field or on its slide, in whatever unit the source has. */
  readonly x?: number;
  readonly y?: number;
  /** SHA-256 of the file's bytes, hexadecimal, as found at import. */
  readonly sha256?: string;
  /** Why the import set this cell aside; a cell with an error is counted and never trained on. */
  readonly error?: string;
  /** Every column of the row as written, the ones above included. */
  readonly columns: Readonly<Record<string, string>>;
}

/** The cells of two classes, with everything that was left out still in sight. */
export interface Dataset {
  /** Absolute path of the manifest or folder. */
  readonly source: string;
  /** The usable cells of the two classes, in the order of the source. */
  readonly cells: readonly Cell[];
  /** Cells with another label, without a label, or set aside by the import. */
  readonly leftOut: readonly Cell[];
  readonly classes: readonly [negative: string, positive: string];
  /** The same as `classes[1]`. */
  readonly positiveClass: string;
  /** Identifies the data: SHA-256 over the sorted pairs of file hash and label of `cells`, hexadecimal. */
  readonly hash: string;
}

const SPLIT_NAMES: Readonly<Record<string, Split>> = {
  train: "train",
  training: "train",
  val: "val",
  validation: "val",
  test: "test",
};

/** The split that `text` names, in any case, or undefined. */
export function splitNamed(text: string): Split | undefined {
  const name = text.trim().toLowerCase();
  return Object.hasOwn(SPLIT_NAMES, name) ? SPLIT_NAMES[name] : undefined;
}

/**
 * A cell from the columns of its row. `resolvePath` turns the file as written into an absolute path; `where` names the
 * row for messages. Empty values count as absent. Throws MANIFEST_VALUE, MANIFEST_FILE and SPLIT_UNKNOWN.
 */
export function cellFromColumns(
  columns: Readonly<Record<string, string>>,
  resolvePath: (file: string) => string,
  where: string,
): Cell {
  const file = readFileName(columns.file, where);
  const cell: { -readonly [Key in keyof Cell]: Cell[Key] } = { file, path: resolvePath(file), columns };
  for (const name of ["label", "id", "field", "slide", "donor", "group", "sha256", "error"] as const) {
    const text = columns[name]?.trim();
    if (text) cell[name] = text;
  }
  for (const name of ["x", "y"] as const) {
    const value = readNumber(columns[name], name, where);
    if (value !== undefined) cell[name] = value;
  }
  const count = readNumber(columns.mn_count, "mn_count", where);
  if (count !== undefined) cell.mnCount = checkCount(count, where);
  const split = readSplit(columns.split, where);
  if (split !== undefined) cell.split = split;
  return cell;
}

function readFileName(text: string | undefined, where: string): string {
  const file = text?.trim() ?? "";
  if (file === "")
    throw new DatasetError("MANIFEST_FILE", `${where}: the column "file" is empty. Expected the path of an image.`);
  if (file.includes("\uFFFD"))
    throw new DatasetError(
      "MANIFEST_ENCODING",
      `${where}: the file name "${file}" has characters that are not UTF-8. ` +
        `Save the manifest as UTF-8 (in Excel: "CSV UTF-8").`,
    );
  return file;
}

function readNumber(text: string | undefined, column: string, where: string): number | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new DatasetError("MANIFEST_VALUE", `${where}: the column "${column}" holds "${text}". Expected a number.`);
}

function checkCount(count: number, where: string): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new DatasetError(
    "MANIFEST_VALUE",
    `${where}: the column "mn_count" holds ${count}. Expected a whole number of micronuclei, 0 or more.`,
  );
}

function readSplit(text: string | undefined, where: string): Split | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const split = splitNamed(text);
  if (split !== undefined) return split;
  throw new DatasetError(
    "SPLIT_UNKNOWN",
    `${where}: the column "split" holds "${text}". Expected train (or training), val (or validation), test, or nothing.`,
  );
}
