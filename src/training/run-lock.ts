import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describeError, TrainingError } from "../core/errors.ts";
import { RUN_FILES } from "./run-folder.ts";

/** SQLITE_BUSY: another has the lock. */
const BUSY = 5;

/**
 * Keeps a run folder for `use` alone: two trainings in one would write over the decoded images that the other reads. SQLite holds
 * the operating system's lock on a file, which is free again however a process ends. A folder in which nothing was written is taken
 * away again. Throws RUN_UNDER_WAY, and RUN_NOT_WRITTEN where the folder cannot be made.
 */
export async function withRunLock<Result>(folder: string, use: () => Promise<Result>): Promise<Result> {
  const path = join(folder, RUN_FILES.lock);
  const lock = await openLock(folder, path);
  try {
    return await use();
  } finally {
    // Removed before it is released, so that it is not another process's by then. Windows removes no open file.
    const removed = await rm(path, { force: true }).then(
      () => true,
      () => false,
    );
    lock.close();
    if (!removed) await rm(path, { force: true });
    // Fails where there is anything in it.
    await rmdir(folder).catch(() => {});
  }
}

async function openLock(folder: string, path: string): Promise<DatabaseSync> {
  let lock: DatabaseSync | undefined;
  try {
    await mkdir(folder, { recursive: true });
    lock = new DatabaseSync(path);
    // Nothing is written, so there is nothing to keep a journal of beside the file.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    if ((error as { errcode?: number }).errcode === BUSY)
      throw new TrainingError(
        "RUN_UNDER_WAY",
        `Another process trains in ${folder} at this moment. Wait until it has ended or stop it, then go on with --resume; or ` +
          "give --out another folder.",
        { cause: error },
      );
    throw new TrainingError(
      "RUN_NOT_WRITTEN",
      `${folder} cannot be written: ${describeError(error)}. Make room or choose another folder.`,
      { cause: error },
    );
  }
}
