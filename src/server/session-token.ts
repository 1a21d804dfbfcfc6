import { randomBytes } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";

/** In the workspace's folder, readable by its owner alone, as the workspace itself should be. */
const TOKEN_FILE = "session-token";
const VALID_MILLISECONDS = 7 * 24 * 60 * 60 * 1000;
const TOKEN = /^[\w-]{43}$/;

/**
 * The secret of the address that lets in, 256 random bits. It outlives the server by up to a week, so that windows which are
 * open while it is restarted go on.
 */
export async function sessionToken(folder: string, now: () => Date): Promise<string> {
  const file = join(folder, TOKEN_FILE);
  const kept = (await readFile(file, "utf8").catch(() => "")).trim();
  if (TOKEN.test(kept) && (await ageOf(file, now)) < VALID_MILLISECONDS) return kept;
  const token = newSecret();
  await writeFileAtomically(file, `${token}\n`, 0o600);
  return token;
}

export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

async function ageOf(file: string, now: () => Date): Promise<number> {
  return now().getTime() - (await stat(file)).mtimeMs;
}
