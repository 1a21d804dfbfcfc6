import { access, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DatasetError, describeError } from "../core/errors.ts";
import { sha256, sha256OfFile } from "../core/files.ts";
import type { Cell, Dataset } from "./cell.ts";
import { type ClassChoice, resolveClasses } from "./classes.ts";
import { readClassFolders } from "./folder.ts";
import { inParallel } from "./in-parallel.ts";
import { readManifest } from "./manifest.ts";
import { checkSplit } from "./split.ts";

export type LoadOptions = ClassChoice & {
  /** Keeps the cells whose columns hold exactly these values. */
  readonly where?: Readonly<Record<string, string>>;
};

/** Files that may be open at once; enough to keep a disk busy, far below any system's limit. */
const FILES_AT_ONCE = 16;

/**
 * What `DATA` means on every command line: a manifest, a folder of class folders, or a folder with its own
 * `manifest.csv` or `manifest.jsonl`, which then counts (it knows fields and splits that folders do not).
 *
 * Cells of a third label, without a label, or set aside by the import are in `leftOut`. Images are not decoded, but every one
 * must be there; files without a `sha256` column are read once for the hash.
 * Throws the errors of `readManifest` and `resolveClasses`, and SPLIT_SHARES_FIELD, WHERE_COLUMN, WHERE_EMPTY, NO_CELLS and IMAGES_MOVED.
 */
export async function loadDataset(source: string, options: LoadOptions = {}): Promise<Dataset> {
  const found = selectCells(await readCells(source, options), options.where ?? {}, source);
  const usable = found.filter(({ error }) => error === undefined);
  const classes = resolveClasses(countLabels(usable), options, source);
  const isUsed = ({ label, error }: Cell): boolean =>
    error === undefined && label !== undefined && classes.includes(label);
  const cells = found.filter(isUsed);
  checkSplit(usable, "field");
  await checkImagesExist(cells, source);
  return {
    source: resolve(source),
    cells,
    leftOut: found.filter((cell) => !isUsed(cell)),
    classes,
    positiveClass: classes[1],
    hash: await hashCells(cells),
  };
}

/** Every cell of a manifest or folder, whatever its label. Throws the errors of `readManifest`, and NO_CELLS. */
export async function readCells(source: string, choice: ClassChoice = {}): Promise<Cell[]> {
  const cells = await readManifestOrFolder(source, choice);
  if (cells.length > 0) return cells;
  throw new DatasetError(
    "NO_CELLS",
    `${source} has no cells. Expected a manifest with a row for each image, or a folder with class folders of images.`,
  );
}

async function readManifestOrFolder(source: string, { positive }: ClassChoice): Promise<Cell[]> {
  const manifest = await manifestOf(source);
  if (manifest === undefined) return readClassFolders(source, positive);
  const cells: Cell[] = [];
  for await (const cell of readManifest(manifest)) cells.push(cell);
  return cells;
}

/** The manifest that `source` is or, for a folder, holds. */
async function manifestOf(source: string): Promise<string | undefined> {
  const isFolder = await stat(source).then(
    (entry) => entry.isDirectory(),
    (cause: unknown) => {
      throw new DatasetError("DATA_NOT_FOUND", `${source} cannot be opened: ${describeError(cause)}. Check the path.`, {
        cause,
      });
    },
  );
  if (!isFolder) return source;
  for (const name of ["manifest.csv", "manifest.jsonl"])
    if (await exists(join(source, name))) return join(source, name);
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The cells whose columns hold what `where` says; throws WHERE_COLUMN and WHERE_EMPTY. */
export function selectCells(cells: Cell[], where: Readonly<Record<string, string>>, source: string): Cell[] {
  return Object.entries(where).reduce((kept, [column, value]) => filterByColumn(kept, column, value, source), cells);
}

function filterByColumn(cells: readonly Cell[], column: string, value: string, source: string): Cell[] {
  const columns = new Set<string>();
  for (const cell of cells) for (const name in cell.columns) columns.add(name);
  if (!columns.has(column))
    throw new DatasetError(
      "WHERE_COLUMN",
      `${source} has no column "${column}" to filter by. Columns: ${[...columns].join(", ")}.`,
    );
  const kept = cells.filter((cell) => cell.columns[column]?.trim() === value);
  if (kept.length > 0) return kept;
  const values = [...new Set(cells.map((cell) => cell.columns[column] ?? ""))];
  const shown = values.slice(0, 8).map((text) => `"${text}"`);
  throw new DatasetError(
    "WHERE_EMPTY",
    `No cell of ${source} has "${value}" in the column "${column}". Values found: ${shown.join(", ")}` +
      `${values.length > shown.length ? ` and ${values.length - shown.length} more` : ""}.`,
  );
}

/** Cells by label, in the order in which the labels first occur. */
export function countLabels(cells: readonly Cell[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of cells) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

async function checkImagesExist(cells: readonly Cell[], source: string): Promise<void> {
  const present = await inParallel(cells, FILES_AT_ONCE, ({ path }) => exists(path));
  const missing = cells.filter((_, index) => !present[index]);
  if (missing.length > 0) throw imagesMoved(missing, cells.length, source);
}

/** The error for a manifest whose images are not where it says. */
export function imagesMoved(missing: readonly Cell[], total: number, source: string): DatasetError {
  const shown = missing.slice(0, 3).map(({ path }) => path);
  return new DatasetError(
    "IMAGES_MOVED",
    `${missing.length} of the ${total} images of ${source} are not there. Looked for ${shown.join(", ")}` +
      `${missing.length > shown.length ? ", ..." : ""}. Relative names are looked for in the manifest's own folder: ` +
      "put the images (or the manifest) back, or make a new manifest with mn dataset import.",
  );
}

async function hashCells(cells: readonly Cell[]): Promise<string> {
  const hashes = await inParallel(cells, FILES_AT_ONCE, async (cell) => cell.sha256 ?? (await sha256OfFile(cell.path)));
  return datasetHash(cells.map(({ label }, index) => ({ label: label ?? "", sha256: hashes[index] ?? "" })));
}

/** SHA-256 over the lines "file-hash label", sorted: the same for the same pictures and labels, wherever they lie. */
export function datasetHash(items: readonly { readonly sha256: string; readonly label: string }[]): string {
  return sha256(
    items
      .map((item) => `${item.sha256} ${item.label}\n`)
      .sort()
      .join(""),
  );
}
