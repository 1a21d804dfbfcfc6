import { createHash } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type DownloadOptions,
  discardDownload,
  download,
  type ProxySettings,
  TransferError,
} from "../core/download.ts";
import { describeError, UsageError, WeightsError } from "../core/errors.ts";
import { sha256OfFile, writeFileAtomically } from "../core/files.ts";
import type { ReportProgress } from "../core/progress.ts";
import { fileNameOf, IMAGENET_LICENSE, keptLayers, type PublishedWeights, publishedWeights } from "./catalogue.ts";
import { readWeightsFile } from "./read.ts";
import { encodeSafetensors } from "./safetensors.ts";
import type { TensorMap, WeightsContent } from "./tensor-file.ts";

export interface FetchOptions {
  /** Where to keep the weights: `weightsCacheFolder()`. */
  readonly cacheFolder: string;
  /** Address of a folder that has the same files as torchvision's server. */
  readonly mirror?: string;
  /** `process.env`, or any HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly proxy?: ProxySettings;
  /** A connection that brings nothing for so long is given up; 30 s by default. */
  readonly timeoutMs?: number;
  /** Pause before a second attempt, doubled before each further one; 1 s by default. */
  readonly retryMs?: number;
  readonly reportProgress?: ReportProgress;
  readonly signal?: AbortSignal;
}

export interface FetchedWeights {
  readonly name: string;
  /** A safetensors file with the layers that networks here have, under torchvision's names. */
  readonly path: string;
  readonly fromCache: boolean;
  /** `source`, `sha256` of the original file, `license`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * ImageNet weights from the cache or, the first time, from torchvision's server: downloaded, checked against their SHA-256, and
 * kept as a safetensors file of the layers that networks here have (10 of AlexNet's 244 MB). A file that somebody has put into the
 * cache folder under torchvision's name is used instead of a download.
 *
 * Throws WEIGHTS_NAME_UNKNOWN, WEIGHTS_MIRROR_INVALID, WEIGHTS_UNAVAILABLE, WEIGHTS_CHECKSUM, WEIGHTS_CACHE_UNWRITABLE.
 */
export async function fetchWeights(name: string, options: FetchOptions): Promise<FetchedWeights> {
  return await fetchPublished(publishedWeights(name), options);
}

/** `fetchWeights` for weights that need not be in the catalogue. */
export async function fetchPublished(weights: PublishedWeights, options: FetchOptions): Promise<FetchedWeights> {
  const cached = await readCached(weights, options.cacheFolder);
  if (cached !== undefined) return cached;
  const placed = join(options.cacheFolder, fileNameOf(weights));
  if (await exists(placed)) return await adoptPublishedFile(weights, placed, options.cacheFolder);
  const part = `${placed}.part`;
  await downloadPart(weights, part, options);
  try {
    const fetched = await adoptPublishedFile(weights, part, options.cacheFolder);
    await discardDownload(part);
    return fetched;
  } catch (error) {
    // A sound download survives a full disk; a wrong one must not be gone on with.
    if (error instanceof WeightsError && error.code !== "WEIGHTS_CACHE_UNWRITABLE") await discardDownload(part);
    throw error;
  }
}

/**
 * Checks a file that was downloaded elsewhere against the SHA-256 of these weights and adds its layers to the cache.
 * Throws WEIGHTS_CHECKSUM, WEIGHTS_CACHE_UNWRITABLE.
 */
export async function adoptPublishedFile(
  weights: PublishedWeights,
  file: string,
  cacheFolder: string,
): Promise<FetchedWeights> {
  const sha256 = await sha256OfFile(file);
  if (!sha256.startsWith(weights.sha256)) throw wrongChecksum(weights, file, sha256);
  const { tensors } = await readWeightsFile(file, { keep: keptLayers(weights) });
  const metadata = {
    name: weights.name,
    source: weights.url,
    sha256,
    license: IMAGENET_LICENSE,
    content_sha256: hashOfTensors(tensors),
  };
  const path = cachedFile(weights, cacheFolder);
  await orUnwritable(cacheFolder, writeFileAtomically(path, encodeSafetensors(tensors.values(), metadata)));
  return { name: weights.name, path, fromCache: false, metadata };
}

/** The weights in the cache; undefined if they are not there or no longer what was written. */
async function readCached(weights: PublishedWeights, cacheFolder: string): Promise<FetchedWeights | undefined> {
  const path = cachedFile(weights, cacheFolder);
  if (!(await exists(path))) return undefined;
  const content = await readWeightsFile(path).catch(() => undefined);
  if (content !== undefined && isIntact(weights, content)) {
    return { name: weights.name, path, fromCache: true, metadata: content.metadata };
  }
  await orUnwritable(cacheFolder, rm(path));
  return undefined;
}

function isIntact({ sha256 }: PublishedWeights, { tensors, metadata }: WeightsContent): boolean {
  return (metadata.sha256 ?? "").startsWith(sha256) && metadata.content_sha256 === hashOfTensors(tensors);
}

async function downloadPart(weights: PublishedWeights, part: string, options: FetchOptions): Promise<void> {
  const url = downloadAddress(weights, options.mirror);
  const { reportProgress, signal, proxy } = options;
  const downloadOptions: DownloadOptions = {
    stallMilliseconds: options.timeoutMs ?? 30_000,
    retryMilliseconds: options.retryMs ?? 1_000,
    report: (done, total) =>
      reportProgress?.({
        stage: `Downloading ${weights.name} (MB)`,
        done: megabytes(done),
        total: total === undefined ? weights.megabytes : megabytes(total),
      }),
    ...(signal ? { signal } : {}),
    ...(proxy ? { proxy } : {}),
  };
  await orUnwritable(options.cacheFolder, mkdir(options.cacheFolder, { recursive: true }));
  try {
    await orUnwritable(options.cacheFolder, download(url, part, downloadOptions));
  } catch (error) {
    if (error instanceof TransferError) throw unavailable(weights, url, options.cacheFolder, error);
    throw error;
  }
}

function downloadAddress(weights: PublishedWeights, mirror: string | undefined): URL {
  if (mirror === undefined) return new URL(weights.url);
  const address = URL.parse(`${mirror.replace(/\/+$/, "")}/${fileNameOf(weights)}`);
  if (address?.protocol === "https:" || address?.protocol === "http:") return address;
  throw new UsageError(
    "WEIGHTS_MIRROR_INVALID",
    `The mirror "${mirror}" is not an address. Expected one such as https://mirror.example.org/torchvision, in which ` +
      `the file ${fileNameOf(weights)} lies.`,
  );
}

/** SHA-256 over names and bytes in the order of names: finds a cached file that the disk has spoilt. */
function hashOfTensors(tensors: TensorMap): string {
  const hash = createHash("sha256");
  for (const name of [...tensors.keys()].sort()) hash.update(name).update(tensors.get(name)?.data ?? "");
  return hash.digest("hex");
}

function cachedFile({ name }: PublishedWeights, cacheFolder: string): string {
  return join(cacheFolder, `${name}-imagenet.safetensors`);
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** The bytes in megabytes of 10^6, to one decimal. */
function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

/** Passes a file system's refusal to write on as one that names the folder and the way out. */
async function orUnwritable<T>(cacheFolder: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = error instanceof Error && "syscall" in error ? describeError(error) : undefined;
    if (code === undefined) throw error;
    throw new WeightsError(
      "WEIGHTS_CACHE_UNWRITABLE",
      `The folder of downloaded weights, ${cacheFolder}, cannot be written: ${code}. Free space there, or name another ` +
        `folder with --cache or MICRONUCLEI_CACHE.`,
      { cause: error },
    );
  }
}

function wrongChecksum({ name, sha256, url }: PublishedWeights, file: string, found: string): WeightsError {
  return new WeightsError(
    "WEIGHTS_CHECKSUM",
    `The file ${file} is not the weights "${name}": its SHA-256 is ${found} and should ${checksumText(sha256)}. It is not ` +
      `used; a download is deleted. Fetch it again from ${url}, or look whether a mirror or proxy changes files.`,
  );
}

function unavailable(weights: PublishedWeights, url: URL, cacheFolder: string, error: TransferError): WeightsError {
  const file = fileNameOf(weights);
  return new WeightsError(
    "WEIGHTS_UNAVAILABLE",
    `The ImageNet weights "${weights.name}" are not on this computer, and ${url.href} cannot be fetched: ${error.message}. ` +
      `A mirror can be named with --mirror URL, a proxy with HTTPS_PROXY.\n` +
      `Without internet, download on another computer\n` +
      `  file     ${file} (${weights.megabytes} MB)\n` +
      `  address  ${weights.url}\n` +
      `  SHA-256  must ${checksumText(weights.sha256)}\n` +
      `then put it into ${cacheFolder} and run the same command again, or run\n` +
      `  mn weights import ${file}`,
    { cause: error },
  );
}

function checksumText(sha256: string): string {
  return sha256.length === 64 ? `be ${sha256}` : `begin with ${sha256}`;
}
