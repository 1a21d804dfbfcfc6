import { access } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { describeError, UsageError } from "../core/errors.ts";
import { fitMask, marksAnything } from "../explanation/mask.ts";
import { type InstanceMask, readMask } from "../images/mask.ts";
import type { CellSource, SourceCell } from "./score-source.ts";

/** What is known of where a cell's micronuclei are. */
export type FoundMask =
  | { readonly kind: "marked"; readonly mask: InstanceMask }
  /** A mask that marks nothing: there is nothing to point at. */
  | { readonly kind: "empty" }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly reason: string };

export interface MaskFinder {
  /** The mask of a cell at the size of its image. */
  find(cell: SourceCell, width: number, height: number): Promise<FoundMask>;
}

const MASK_EXTENSIONS = [".png", ".tif", ".tiff"];

/**
 * Where masks come from: the column of that name where the source has one, else the folder. Throws MASKS_NOT_FOUND
 * where it is neither.
 */
export async function openMasks(name: string, source: CellSource): Promise<MaskFinder> {
  for await (const { columns } of source.cells()) {
    if (!Object.hasOwn(columns, name)) continue;
    return { find: (cell, width, height) => readFitting(pathInColumn(cell, name), width, height) };
  }
  if (await exists(name)) {
    return { find: async (cell, width, height) => readFitting(await pathInFolder(name, cell.file), width, height) };
  }
  throw new UsageError(
    "MASKS_NOT_FOUND",
    `"${name}" is neither a folder nor a column of the cells' manifest. Name a folder of masks that have their images' ` +
      `names, or the column with the masks' paths.`,
  );
}

function pathInColumn({ columns, folder }: SourceCell, column: string): string | null {
  const path = columns[column]?.trim() ?? "";
  return path === "" ? null : resolve(folder, path.replaceAll("\\", "/"));
}

/** A mask with the image's path inside the folder, else with its bare name. */
async function pathInFolder(folder: string, file: string): Promise<string | null> {
  const stem = file.slice(0, file.length - extname(file).length);
  for (const name of [stem, basename(stem)]) {
    for (const extension of MASK_EXTENSIONS) {
      const path = join(folder, `${name}${extension}`);
      if (await exists(path)) return path;
    }
  }
  return null;
}

async function readFitting(path: string | null, width: number, height: number): Promise<FoundMask> {
  if (path === null) return { kind: "missing" };
  try {
    const mask = fitMask(await readMask(path), width, height);
    return marksAnything(mask) ? { kind: "marked", mask } : { kind: "empty" };
  } catch (error) {
    return { kind: "unreadable", reason: describeError(error) };
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
