import { createReadStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Unzip, type UnzipFile, UnzipInflate } from "fflate";
import { DatasetError, describeError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";

/** A field or a mask of the public archives is at most some 30 MB; a file that grows beyond is not what was published. */
const LARGEST_FILE_BYTES = 512 * 2 ** 20;

/**
 * Extracts the files that `keepAs` names from a zip archive, read once from its beginning, one file in memory at a time.
 * Returns the kept paths, relative to `folder`. Throws ARCHIVE_UNREADABLE.
 */
export async function extractArchive(
  archive: string,
  folder: string,
  keepAs: (entry: string) => string | null,
): Promise<string[]> {
  const kept: string[] = [];
  const finished: { readonly path: string; readonly content: Uint8Array }[] = [];
  const open = new Set<string>();
  const unzip = new Unzip((file) => {
    const path = keepAs(file.name);
    if (path === null) return;
    checkPath(archive, path);
    open.add(path);
    collect(archive, file, (content) => {
      open.delete(path);
      finished.push({ path, content });
    });
  });
  unzip.register(UnzipInflate);
  const writeFinished = async (): Promise<void> => {
    for (const { path, content } of finished.splice(0)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFileAtomically(join(folder, path), content);
      kept.push(path);
    }
  };
  try {
    for await (const chunk of createReadStream(archive)) {
      unzip.push(new Uint8Array(chunk as Buffer));
      await writeFinished();
    }
  } catch (error) {
    throw error instanceof DatasetError ? error : unreadable(archive, describeError(error), error);
  }
  if (open.size > 0) throw unreadable(archive, `it ends within ${[...open].join(", ")}`);
  if (kept.length === 0) throw unreadable(archive, "it holds none of the files that were published");
  return kept;
}

function collect(archive: string, file: UnzipFile, done: (content: Uint8Array) => void): void {
  const pieces: Uint8Array[] = [];
  let size = 0;
  file.ondata = (error, piece, final) => {
    if (error) throw unreadable(archive, `${file.name}: ${error.message}`, error);
    pieces.push(piece);
    size += piece.length;
    if (size > LARGEST_FILE_BYTES) throw unreadable(archive, `${file.name} is larger than ${LARGEST_FILE_BYTES} bytes`);
    if (final) done(Buffer.concat(pieces));
  };
  file.start();
}

/** A name with ".." or a drive could leave the folder. */
function checkPath(archive: string, path: string): void {
  if (path.split("/").some((part) => part === "" || part === "..") || /[\\:]/.test(path))
    throw unreadable(archive, `it holds the path "${path}"`);
}

function unreadable(archive: string, reason: string, cause?: unknown): DatasetError {
  return new DatasetError(
    "ARCHIVE_UNREADABLE",
    `The archive ${archive} cannot be used: ${reason}. Delete it and fetch it again.`,
    { cause },
  );
}
