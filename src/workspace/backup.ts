import { existsSync } from "node:fs";
import { copyFile, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MicronucleiError } from "../core/errors.ts";
import { sha256OfFile } from "../core/files.ts";
import { type AuditVerification, verifyAudit } from "./audit-verify.ts";
import { copyDatabase, damageOf } from "./sqlite.ts";
import { DATABASE_FILE, Workspace } from "./workspace.ts";

export interface BackupOutcome {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Copies a workspace, also one in use, into one file: all of the laboratory's decisions, without the images, which stay
 * where they are. Throws BACKUP_EXISTS.
 */
export async function backUp(workspace: Workspace, path: string): Promise<BackupOutcome> {
  if (existsSync(path))
    throw new MicronucleiError(
      "BACKUP_EXISTS",
      `"${path}" is there already. Backups are not overwritten: give another name.`,
    );
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await copyDatabase(workspace.db, temporary);
  await flushToDisk(temporary);
  await rename(temporary, path);
  return { path, sha256: await sha256OfFile(path) };
}

/**
 * Makes a workspace of a backup after checking its pages and its audit trail; the folder must not hold one. Throws
 * WORKSPACE_EXISTS, BACKUP_MISSING, BACKUP_DAMAGED.
 */
export async function restore(backup: string, folder: string, now: () => Date): Promise<AuditVerification> {
  if (existsSync(join(folder, DATABASE_FILE)))
    throw new MicronucleiError(
      "WORKSPACE_EXISTS",
      `The folder "${folder}" holds a workspace already. Restore into another folder, or move that one away first.`,
    );
  if (!existsSync(backup))
    throw new MicronucleiError("BACKUP_MISSING", `There is no backup "${backup}". Check the path.`);
  const trial = `${folder}.restoring`;
  await rm(trial, { recursive: true, force: true });
  await mkdir(trial, { recursive: true });
  try {
    await copyFile(backup, join(trial, DATABASE_FILE));
    const verification = await checkCopy(trial, backup, now);
    await mkdir(folder, { recursive: true });
    await rename(join(trial, DATABASE_FILE), join(folder, DATABASE_FILE));
    return verification;
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

async function checkCopy(folder: string, backup: string, now: () => Date): Promise<AuditVerification> {
  let copy: Workspace | undefined;
  try {
    copy = await Workspace.open(folder, now);
    const [damage] = await damageOf(copy.db);
    const verification = await verifyAudit(copy);
    const fault = damage ?? verification.faults.map(({ where, problem }) => `${where} ${problem}`)[0];
    if (fault === undefined) return verification;
    throw damaged(backup, fault);
  } catch (error) {
    if (error instanceof MicronucleiError && error.code !== "WORKSPACE_UNREADABLE") throw error;
    throw damaged(backup, "it is no workspace", error);
  } finally {
    await copy?.close();
  }
}

function damaged(backup: string, problem: string, cause?: unknown): MicronucleiError {
  return new MicronucleiError(
    "BACKUP_DAMAGED",
    `The backup "${backup}" was not restored: ${problem}. Use another backup, and keep this one for examination.`,
    { cause },
  );
}

async function flushToDisk(path: string): Promise<void> {
  const file = await open(path, "r+");
  await file.sync();
  await file.close();
}
