import type { FinishUpload } from "../../../src/server/api/studies.ts";
import type { ImageFile } from "./image-files.ts";

/** What the folders in what was brought stand for. */
export type FolderMeaning = "samples" | "slides" | "nothing";

/** Images that go to one slide of one sample. */
export interface Batch {
  readonly place: FinishUpload;
  readonly images: readonly ImageFile[];
}

/**
 * The folders that the images lie in side by side, below the one that all of them share, each with its images; null where
 * there are not at least two, or where an image lies in none.
 */
export function sideBySide(images: readonly ImageFile[]): ReadonlyMap<string, readonly ImageFile[]> | null {
  if (images.length === 0) return null;
  const paths = images.map(({ path }) => path.split("/"));
  let depth = 0;
  while (paths.every((parts) => parts.length > depth + 1 && parts[depth] === paths[0]?.[depth])) depth++;
  if (paths.some((parts) => parts.length <= depth + 1)) return null;
  const folders = Map.groupBy(images, ({ path }) => path.split("/")[depth] ?? "");
  return folders.size > 1 ? folders : null;
}

/** Images as they are to be sent: to one sample and slide, or folder by folder. */
export function batchesOf(images: readonly ImageFile[], meaning: FolderMeaning, typed: FinishUpload): Batch[] {
  const folders = meaning === "nothing" ? null : sideBySide(images);
  if (folders === null) return [{ place: typed, images }];
  return [...folders].map(([name, own]) => ({
    place: meaning === "samples" ? { ...typed, sample: name.slice(0, 100) } : { ...typed, slide: name.slice(0, 100) },
    images: own,
  }));
}
