import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  type DownloadOptions,
  discardDownload,
  download,
  type ProxySettings,
  TransferError,
} from "../core/download.ts";
import { DatasetError } from "../core/errors.ts";
import { sha256OfFile, writeFileAtomically } from "../core/files.ts";
import type { ReportProgress } from "../core/progress.ts";
import type { Archive } from "./public-sources.ts";

export interface FetchArchiveOptions {
  readonly proxy?: ProxySettings;
  /** A connection that brings nothing for so long is given up; 30 s by default. */
  readonly timeoutMs?: number;
  /** Pause before a second attempt, doubled before each further one; 1 s by default. */
  readonly retryMs?: number;
  readonly reportProgress: ReportProgress;
  readonly signal?: AbortSignal;
}

export interface FetchedArchive {
  readonly path: string;
  readonly sha256: string;
}

/**
 * The archive in `folder`, downloaded the first time, going on where a download broke off. Its SHA-256 is written to
 * `<file>.sha256` beside it then, and checked against that ever after; a person may also put both there.
 *
 * Throws ARCHIVE_UNAVAILABLE and ARCHIVE_CHECKSUM.
 */
export async function fetchArchive(
  archive: Archive,
  folder: string,
  options: FetchArchiveOptions,
): Promise<FetchedArchive> {
  const path = join(folder, archive.file);
  await mkdir(folder, { recursive: true });
  if (!existsSync(path)) await downloadTo(archive, path, options);
  const sha256 = await sha256OfFile(path);
  const expected = await recordedChecksum(path);
  if (expected === null) await writeFileAtomically(checksumFile(path), `${sha256}  ${archive.file}\n`);
  else if (sha256 !== expected) throw wrongChecksum(archive, path, expected, sha256);
  return { path, sha256 };
}

async function downloadTo({ file, url }: Archive, path: string, options: FetchArchiveOptions): Promise<void> {
  const part = `${path}.part`;
  const { reportProgress, signal, proxy } = options;
  const downloadOptions: DownloadOptions = {
    stallMilliseconds: options.timeoutMs ?? 30_000,
    retryMilliseconds: options.retryMs ?? 1_000,
    report: (done, total) =>
      reportProgress({ stage: `Downloading ${file} (MB)`, done: done / 1e6, total: (total ?? done) / 1e6 }),
    ...(signal ? { signal } : {}),
    ...(proxy ? { proxy } : {}),
  };
  try {
    await download(new URL(url), part, downloadOptions);
  } catch (error) {
    if (!(error instanceof TransferError)) throw error;
    throw new DatasetError(
      "ARCHIVE_UNAVAILABLE",
      `${url} cannot be fetched: ${error.message}. What came is kept: the same command goes on with it. Behind a proxy, set ` +
        `HTTPS_PROXY. Without internet, download the file on another computer and put it there as ${path}.`,
      { cause: error },
    );
  }
  await rename(part, path);
  await discardDownload(part);
}

async function recordedChecksum(path: string): Promise<string | null> {
  const text = await readFile(checksumFile(path), "utf8").catch(() => "");
  return /^[0-9a-f]{64}/.exec(text)?.[0] ?? null;
}

function checksumFile(path: string): string {
  return `${path}.sha256`;
}

function wrongChecksum({ url }: Archive, path: string, expected: string, found: string): DatasetError {
  return new DatasetError(
    "ARCHIVE_CHECKSUM",
    `${path} is not the archive that was used before: its SHA-256 is ${found}, and ${checksumFile(path)} says ${expected}. ` +
      `Results would not be comparable. Put the former archive back, or delete both files to fetch ${url} anew.`,
  );
}
