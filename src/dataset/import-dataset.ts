import { dirname, extname, isAbsolute, relative, resolve, sep } from "node:path";
import { DatasetError, ImageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import { type Cell, cellFromColumns } from "./cell.ts";
import { checkImages, type ImageCheck } from "./check-images.ts";
import { resolveClasses } from "./classes.ts";
import { type DuplicateFindings, findDuplicates } from "./duplicates.ts";
import { importReportMarkdown } from "./import-markdown.ts";
import { type ImportReport, reportImport } from "./import-report.ts";
import { countLabels, imagesMoved, type LoadOptions, readCells, selectCells } from "./load-dataset.ts";
import { checkManifestName, writeManifest } from "./manifest.ts";
import { assignSplits, type SplitOptions } from "./split.ts";

export type ImportOptions = LoadOptions &
  Omit<SplitOptions, "classes"> & {
    /** The manifest to write; the reports lie beside it. */
    readonly out: string;
    /** Draws a new split where the data already has one. */
    readonly resplit?: boolean;
  };

/**
 * Checks a manifest or folder and writes a manifest of it: every image decoded and hashed, duplicates found, a split for
 * every usable cell. Every row of the source is a row of the manifest. A row that must not be used says why in its column
 * `error`: the image is unreadable, another row shows the same picture, or one does under another label.
 *
 * Beside `data.csv` lie `data.report.json` and `data.report.md`. The same source, options and seed give the same bytes.
 * Throws the errors of `readCells`, `resolveClasses` and `assignSplits`, and IMPORT_OVERWRITES_SOURCE, IMAGES_MOVED (none of
 * the images is there) and NO_USABLE_CELLS.
 */
export async function importDataset(
  source: string,
  options: ImportOptions,
  report: ReportProgress = ignoreProgress,
): Promise<ImportReport> {
  const { out, where = {}, stream } = options;
  checkManifestName(out);
  if (resolve(source) === resolve(out)) throw overwritesSource(out);
  const selected = selectCells(await readCells(source, options), where, source);
  const found = selected.map((cell) => ({ ...cell, file: fileSeenFrom(dirname(out), cell) }));
  const classes = resolveClasses(countLabels(found), options, source);
  const splitOptions = { ...options, classes };
  // A split that cannot be drawn should be known before the images are decoded, not after.
  assignSplits(found, splitOptions);
  const checks = await checkImages(found, report);
  checkSomeExist(found, checks, source);
  const findings = findDuplicates(found, checks.map(pixelsOf));
  const errors = rowErrors(found, checks, findings);
  const usable = found.filter((_, index) => errors[index] === undefined);
  if (usable.length === 0) throw noUsableCells(source, checks);
  const split = assignSplits(usable, splitOptions);
  const drawn = new Map(usable.map((cell, index) => [cell, split.cells[index]?.split]));
  const splitOf = (cell: Cell): Cell["split"] => drawn.get(cell) ?? (options.resplit ? undefined : cell.split);
  const rows = found.map((cell, index) =>
    toRow(cell, { check: checks[index]!, error: errors[index], split: splitOf(cell) }),
  );
  const summary = reportImport({ source, manifest: out, classes, rows, checks, findings, split: split.report, stream });
  await writeAll(out, rows, summary);
  return summary;
}

function overwritesSource(out: string): DatasetError {
  return new DatasetError(
    "IMPORT_OVERWRITES_SOURCE",
    `The import would write over its own source ${out}. Choose another name with --out.`,
  );
}

function pixelsOf(check: ImageCheck): string | undefined {
  return check instanceof ImageError ? undefined : check.pixels;
}

function checkSomeExist(cells: readonly Cell[], checks: readonly ImageCheck[], source: string): void {
  const isMissing = (check: ImageCheck): boolean => check instanceof ImageError && check.code === "IMAGE_NOT_FOUND";
  if (checks.every(isMissing)) throw imagesMoved(cells, cells.length, source);
}

function noUsableCells(source: string, checks: readonly ImageCheck[]): DatasetError {
  const unreadable = checks.filter((check) => check instanceof ImageError);
  return new DatasetError(
    "NO_USABLE_CELLS",
    `None of the ${checks.length} images of ${source} can be used: ${unreadable.length} cannot be read, the others show ` +
      `the same pictures under different labels. ${unreadable[0]?.message ?? ""}`,
  );
}

/** Why a row must not be used, or undefined: [cells]. */
function rowErrors(
  cells: readonly Cell[],
  checks: readonly ImageCheck[],
  { duplicates, conflicts }: DuplicateFindings,
): (string | undefined)[] {
  const errors = checks.map((check) => (check instanceof ImageError ? `${check.code}: ${check.message}` : undefined));
  for (const { kept, dropped } of duplicates)
    for (const index of dropped) errors[index] = `DUPLICATE: the same picture as ${cells[kept]!.file}`;
  for (const conflict of conflicts)
    for (const index of conflict) {
      const other = cells[conflict.find((position) => cells[position]!.label !== cells[index]!.label)!]!;
      errors[index] = `LABEL_CONFLICT: the same picture as ${other.file}, which is labelled ${other.label}`;
    }
  return errors;
}

type RowFacts = {
  readonly check: ImageCheck;
  readonly error: string | undefined;
  readonly split: Cell["split"];
};

/** The cell's row of the new manifest: its own columns, then what the import found. */
function toRow(cell: Cell, { check, error, split }: RowFacts): Cell {
  const found = check instanceof ImageError ? undefined : check;
  const columns = {
    ...cell.columns,
    file: cell.file,
    split: split ?? "",
    sha256: found?.sha256 ?? "",
    image_width: String(found?.width ?? ""),
    image_height: String(found?.height ?? ""),
    error: error ?? "",
  };
  return cellFromColumns(columns, () => cell.path, cell.file);
}

/** A relative name is written relative to the new manifest, so that both can be moved together. */
function fileSeenFrom(folder: string, { file, path }: Cell): string {
  return isAbsolute(file) ? file : relative(resolve(folder), path).split(sep).join("/");
}

async function writeAll(out: string, rows: readonly Cell[], report: ImportReport): Promise<void> {
  await writeManifest(out, rows);
  const stem = out.slice(0, out.length - extname(out).length);
  await writeFileAtomically(`${stem}.report.json`, `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomically(`${stem}.report.md`, importReportMarkdown(report));
}
