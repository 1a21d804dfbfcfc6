import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** What a file is to hold; pieces follow each other, so that a large file need not be in memory as a whole. */
export type FileContent = string | Uint8Array | readonly Uint8Array[];

/** Pieces below this many bytes are joined up to it: each write has a price of its own. */
const WRITTEN_AT_ONCE = 2 ** 18;

/**
 * Writes a file so that a reader, or a restart after a crash, sees either the old content or the whole new content:
 * a temporary file beside it, flushed to disk, then renamed over it. Creates the folder.
 *
 * mode: who may read the file, at every moment, such as 0o600 for its owner alone; by default as the system says.
 */
export async function writeFileAtomically(path: string, content: FileContent, mode?: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${randomUUID().slice(0, 8)}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(Array.isArray(content) ? joined(content) : (content as string | Uint8Array));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The same bytes in pieces of a size that is worth a write. */
function* joined(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > WRITTEN_AT_ONCE) {
      yield Buffer.concat(small);
      [small, length] = [[], 0];
    }
    if (piece.length > WRITTEN_AT_ONCE) {
      yield piece;
      continue;
    }
    small.push(piece);
    length += piece.length;
  }
  yield Buffer.concat(small);
}

/** SHA-256 of a file, hexadecimal, read in pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** SHA-256 of bytes or UTF-8 text, hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
