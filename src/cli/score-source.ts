import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { DatasetError } from "../core/errors.ts";
import { type Cell, cellFromColumns } from "../dataset/cell.ts";
import { readManifest } from "../dataset/manifest.ts";
import { findImages } from "../images/list.ts";

/** A source of this name is a manifest, any other an image or a folder. */
const MANIFEST_NAME = /\.(csv|tsv|jsonl|ndjson)$/i;
/** A folder that holds one of these stands for it: it knows labels, fields and masks that the folder does not. */
const MANIFESTS_OF_FOLDERS = ["manifest.csv", "manifest.jsonl"];

/** A cell, and the folder that other paths in its row start from. */
export interface SourceCell extends Cell {
  readonly folder: string;
}

/** The cells that a command line named, in a fixed order; they can be gone through again and again. */
export interface CellSource {
  readonly total: number;
  /** Of the columns of all rows in their order, hexadecimal. */
  readonly sha256: string;
  cells(): AsyncIterable<SourceCell>;
}

/**
 * The cells of images, folders of images and manifests, one after the other. A manifest's rows keep all of their columns;
 * an image of a folder has its path in it as `file` and, where folders are named after the classes, its `label`.
 * Throws SOURCE_EMPTY where one has no image, and the errors of `readManifest`.
 */
export async function openCellSource(paths: readonly string[], classes: readonly string[]): Promise<CellSource> {
  const sources = await Promise.all(paths.map((path) => openOne(path, classes)));
  const cells = async function* () {
    for (const source of sources) yield* source();
  };
  const hash = createHash("sha256");
  let total = 0;
  for await (const { path, columns } of cells()) {
    hash.update(`${JSON.stringify([path, columns])}\n`);
    total++;
  }
  if (total === 0) throw sourceEmpty(paths.join(", "), "has no row");
  return { total, sha256: hash.digest("hex"), cells };
}

async function openOne(path: string, classes: readonly string[]): Promise<() => AsyncIterable<SourceCell>> {
  const found = await stat(path).catch(() => null);
  const manifest = found?.isDirectory() ? await manifestIn(path) : MANIFEST_NAME.test(path) ? path : undefined;
  if (manifest !== undefined) return () => cellsOfManifest(manifest);
  const images = found?.isFile() ? [cellAt(path, ".", undefined)] : await cellsOfFolder(path, found !== null, classes);
  return async function* () {
    yield* images;
  };
}

async function* cellsOfManifest(manifest: string): AsyncGenerator<SourceCell> {
  const folder = dirname(resolve(manifest));
  for await (const cell of readManifest(manifest)) yield { ...cell, folder };
}

async function manifestIn(folder: string): Promise<string | undefined> {
  for (const name of MANIFESTS_OF_FOLDERS) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => null))?.isFile()) return path;
  }
  return undefined;
}

async function cellsOfFolder(folder: string, exists: boolean, classes: readonly string[]): Promise<SourceCell[]> {
  const images = exists ? await findImages(folder) : [];
  if (images.length === 0) throw sourceEmpty(folder, exists ? "has no images" : "does not exist");
  const foldersOf = (image: string) => relative(folder, image).split(sep).slice(0, -1);
  // One folder called "normal" may be anything; class folders come with one for the positive class.
  const areClassFolders = images.some((image) => foldersOf(image).includes(classes[1] ?? ""));
  return images.map((image) => {
    const label = areClassFolders ? foldersOf(image).find((name) => classes.includes(name)) : undefined;
    return cellAt(image, folder, label);
  });
}

function cellAt(image: string, folder: string, label: string | undefined): SourceCell {
  const columns = { file: relative(folder, image).split(sep).join("/"), ...(label === undefined ? {} : { label }) };
  return { ...cellFromColumns(columns, () => resolve(image), image), folder: resolve(folder) };
}

function sourceEmpty(path: string, reason: string): DatasetError {
  return new DatasetError("SOURCE_EMPTY", `${path} ${reason}. Expected a folder of images, a manifest or an image.`);
}
