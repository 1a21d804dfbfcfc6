import { relative, resolve, sep } from "node:path";
import { findImages } from "../images/list.ts";
import { type Cell, cellFromColumns, splitNamed } from "./cell.ts";
import { DEFAULT_POSITIVE } from "./classes.ts";

/**
 * The cells of a folder of class folders, sorted by path.
 *
 * `mn/a.png` and `normal/b.png` get the labels `mn` and `normal`. Folders may nest, above the classes (`slide-1/mn/a.png`)
 * or below (`mn/slide-1/a.png`): labels are at the highest level that has a folder named `positive`, or at the first
 * level where none has. A first level of train, val and test sets the split; the other folders become the `group`.
 * An image that lies above the level of the labels has none.
 */
export async function readClassFolders(folder: string, positive: string = DEFAULT_POSITIVE): Promise<Cell[]> {
  const root = resolve(folder);
  const files = (await findImages(root)).map((path) => relative(root, path).split(sep).join("/")).sort();
  const placed = placeInSplits(files);
  const labelLevel = levelOf(
    placed.map(({ folders }) => folders),
    positive,
  );
  return placed.map(({ file, split, folders }) => {
    const label = folders[labelLevel] ?? "";
    const group = folders.filter((_, level) => level !== labelLevel).join("/");
    const columns = { file, label, ...(group && { group }), ...(split && { split }) };
    return cellFromColumns(columns, (name) => resolve(root, name), file);
  });
}

type PlacedFile = { readonly file: string; readonly split: string | undefined; readonly folders: readonly string[] };

/** Takes a first level away that holds nothing but train, val and test. */
function placeInSplits(files: readonly string[]): PlacedFile[] {
  const parts = files.map((file) => ({ file, folders: file.split("/").slice(0, -1) }));
  const areSplits = parts.every(({ folders: [first] }) => first !== undefined && splitNamed(first) !== undefined);
  return parts.map(({ file, folders }) =>
    areSplits ? { file, split: folders[0], folders: folders.slice(1) } : { file, split: undefined, folders },
  );
}

function levelOf(paths: readonly (readonly string[])[], positive: string): number {
  const levels = paths.map((folders) => folders.indexOf(positive)).filter((level) => level >= 0);
  return levels.reduce((highest, level) => Math.min(highest, level), levels[0] ?? 0);
}
