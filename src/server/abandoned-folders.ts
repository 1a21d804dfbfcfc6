import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Workspace } from "../workspace/workspace.ts";
import { TRAINING_FOLDER } from "./model-shelf.ts";
import { keptOrders } from "./score-order.ts";
import { UPLOADS_FOLDER } from "./uploads.ts";

/** Who still brings images or trains, here or in another server of the same workspace, has written within this time. */
const UNTOUCHED_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * Removes what a closed window or a killed server has left behind: uploads that no study has imported and no scoring waits
 * for, and trainings that were not finished, both untouched for a day. Returns how many folders that were.
 */
export async function removeAbandonedFolders(workspace: Workspace, folder: string, now: Date): Promise<number> {
  const before = now.getTime() - UNTOUCHED_MILLISECONDS;
  const candidates = [...(await abandonedUploads(workspace, folder)), ...(await unfinishedTrainings(folder))];
  let removed = 0;
  for (const path of candidates) {
    if ((await touchedAt(path)) >= before) continue;
    await rm(path, { recursive: true, force: true });
    removed++;
  }
  return removed;
}

async function abandonedUploads({ db }: Workspace, folder: string): Promise<string[]> {
  const ids = await foldersIn(join(folder, UPLOADS_FOLDER));
  const orders = await keptOrders(folder);
  const sources = await db.selectFrom("source").select("base").execute();
  // By the random id alone: the workspace may have been moved since.
  const isKept = (id: string): boolean =>
    orders.some(({ order }) => order.upload?.id === id) || sources.some(({ base }) => base.includes(id));
  return ids.filter((id) => !isKept(id)).map((id) => join(folder, UPLOADS_FOLDER, id));
}

async function unfinishedTrainings(folder: string): Promise<string[]> {
  const names = await foldersIn(join(folder, "models"));
  return names.filter((name) => name.startsWith(TRAINING_FOLDER)).map((name) => join(folder, "models", name));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** When a folder or what is directly in it was last written, milliseconds. */
async function touchedAt(folder: string): Promise<number> {
  const paths = [folder, ...(await readdir(folder)).map((name) => join(folder, name))];
  return Math.max(...(await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs))));
}
