import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { describeError, ImageError } from "../core/errors.ts";

/** Lower-case; a file is an image for `findImages` by its extension, for `readImage` by its content. */
export const IMAGE_EXTENSIONS: readonly string[] = [
  ".bmp",
  ".gif",
  ".jpe",
  ".jpeg",
  ".jpg",
  ".png",
  ".tif",
  ".tiff",
  ".webp",
];

/**
 * Paths of all image files in a folder and its subfolders, the folder's own path in front. Sorted by code units, with
 * "/" between names, so that the order is the same on every system. Hidden names (a leading dot) are left out.
 *
 * Links are followed, but no folder is entered twice: a loop ends, and a cell is not counted again through a link. A
 * link that leads nowhere is listed, so that reading it reports the error.
 */
export async function findImages(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entered = new Set<string>();
  const folders = [""];
  // Links to folders wait until all true folders were entered, so that a file is found under its true path.
  const links: string[] = [];
  for (let next = folders.pop(); next !== undefined; next = folders.pop() ?? links.pop()) {
    const path = join(folder, next);
    const identity = await listing(path, () => realpath(path));
    if (entered.has(identity)) continue;
    entered.add(identity);
    for (const entry of await listing(path, () => readdir(path, { withFileTypes: true }))) {
      if (entry.name.startsWith(".")) continue;
      const relative = next === "" ? entry.name : `${next}/${entry.name}`;
      const kind = await kindOf(entry, join(folder, relative));
      if (kind === "folder") folders.push(relative);
      else if (kind === "link to a folder") links.push(relative);
      else if (IMAGE_EXTENSIONS.some((extension) => entry.name.toLowerCase().endsWith(extension))) found.push(relative);
    }
  }
  return found.sort().map((relative) => join(folder, relative));
}

async function kindOf(entry: Dirent, path: string): Promise<"file" | "folder" | "link to a folder"> {
  if (entry.isDirectory()) return "folder";
  if (!entry.isSymbolicLink()) return "file";
  const leadsToFolder = await stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  );
  return leadsToFolder ? "link to a folder" : "file";
}

async function listing<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT")
      throw new ImageError("IMAGE_FOLDER_NOT_FOUND", `There is no folder "${path}". Check the path.`, { cause });
    throw new ImageError(
      "IMAGE_FOLDER_UNREADABLE",
      `The folder "${path}" cannot be listed: ${describeError(cause)}. Expected a folder that this user may read.`,
      { cause },
    );
  }
}
