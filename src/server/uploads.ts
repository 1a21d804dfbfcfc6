import { createHash, randomUUID } from "node:crypto";
import { appendFile, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { describeError, MicronucleiError, UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { readJsonFile } from "../core/json-file.ts";
import { refuseTooLarge } from "../images/limits.ts";
import { openImage } from "../images/open.ts";
import { sharp } from "../images/sharp.ts";
import type { ReviewLimits } from "./context.ts";
import { safeName } from "./upload-name.ts";

const description = z.object({ studyId: z.number(), by: z.string(), at: z.string() });
const receivedFile = z.object({ name: z.string(), bytes: z.number(), sha256: z.string() });

/** A file that arrived whole; `name` is also its path below the upload's images. */
export type ReceivedFile = z.infer<typeof receivedFile>;

/** Images on their way from a browser into a study. */
export interface OpenUpload {
  readonly id: string;
  readonly studyId: number;
  /** Absolute folder that the names of its files start from. */
  readonly images: string;
  readonly files: ReadonlyMap<string, ReceivedFile>;
  readonly bytes: number;
}

interface Receiving extends OpenUpload {
  readonly folder: string;
  readonly files: Map<string, ReceivedFile>;
  bytes: number;
  /** Bytes of files that are still arriving. */
  arriving: number;
}

/** Names in an upload's folder. The list has a line for every file that arrived whole. */
const NAMES = { description: "upload.json", list: "files.jsonl", images: "images", arriving: "arriving" } as const;
/** In the workspace's folder. */
export const UPLOADS_FOLDER = "uploads";
const UPLOAD_ID = /^[0-9a-f-]{36}$/;

/** What has arrived of an upload. Throws UPLOAD_MISSING. */
export async function uploadedImages(workspaceFolder: string, id: string): Promise<OpenUpload> {
  if (!UPLOAD_ID.test(id)) throw missing(id);
  return await readUpload(join(workspaceFolder, UPLOADS_FOLDER), id);
}

/**
 * Uploads of a workspace, each a folder `uploads/<random id>` in the workspace's. A file is there whole or not at all; a
 * restarted server goes on with an upload.
 */
export class Uploads {
  readonly #folder: string;
  readonly #limits: ReviewLimits;
  readonly #open = new Map<string, Promise<Receiving>>();

  constructor(workspaceFolder: string, limits: ReviewLimits) {
    this.#folder = join(workspaceFolder, UPLOADS_FOLDER);
    this.#limits = limits;
  }

  async start(details: z.infer<typeof description>): Promise<OpenUpload> {
    const id = randomUUID();
    await writeFileAtomically(join(this.#folder, id, NAMES.description), `${JSON.stringify(details)}\n`);
    return await this.find(id, details.studyId);
  }

  /** Throws UPLOAD_MISSING, also for an upload of another study. */
  async find(id: string, studyId: number): Promise<OpenUpload> {
    return await this.#find(id, studyId);
  }

  /**
   * Takes one file in. The same file sent twice is one. Throws what `safeName` throws, UPLOAD_TOO_LARGE, UPLOAD_CONFLICT,
   * IMAGE_TOO_LARGE, UPLOAD_NOT_WRITTEN; then nothing of the file stays.
   */
  async receive(id: string, studyId: number, name: string, content: AsyncIterable<Uint8Array>): Promise<OpenUpload> {
    const upload = await this.#find(id, studyId);
    const safe = safeName(name);
    if (upload.files.size >= this.#limits.uploadFiles && !upload.files.has(safe))
      throw tooLarge(`has ${upload.files.size} files already; it may have ${this.#limits.uploadFiles}`);
    const temporary = join(upload.folder, NAMES.arriving, randomUUID());
    try {
      const { bytes, sha256 } = await this.#write(upload, temporary, content);
      await requirePixelsWithin(temporary, safe, this.#limits.imagePixels);
      await keep(upload, temporary, { name: safe, bytes, sha256 });
    } catch (error) {
      throw isSystemError(error) ? notWritten(safe, error) : error;
    } finally {
      await rm(temporary, { force: true });
    }
    return upload;
  }

  /** Forgets what is known of an upload, until it is asked for again. */
  forget(id: string): void {
    this.#open.delete(id);
  }

  async #find(id: string, studyId: number): Promise<Receiving> {
    if (UPLOAD_ID.test(id) && !this.#open.has(id)) this.#open.set(id, this.#read(id));
    const upload = await this.#open.get(id)?.catch(() => null);
    if (upload?.studyId === studyId) return upload;
    if (upload === null) this.#open.delete(id);
    throw missing(id);
  }

  async #read(id: string): Promise<Receiving> {
    const upload = await readUpload(this.#folder, id);
    const folder = join(this.#folder, id);
    // What was arriving when the server ended is sent again.
    await rm(join(folder, NAMES.arriving), { recursive: true, force: true });
    await mkdir(join(folder, NAMES.arriving));
    return { ...upload, folder, arriving: 0 };
  }

  async #write(upload: Receiving, path: string, content: AsyncIterable<Uint8Array>) {
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await open(path, "wx");
    try {
      for await (const chunk of content) {
        bytes += chunk.length;
        upload.arriving += chunk.length;
        this.#requireWithinLimits(upload, bytes);
        hash.update(chunk);
        await file.write(chunk);
      }
      await file.sync();
    } finally {
      upload.arriving -= bytes;
      await file.close();
    }
    return { bytes, sha256: hash.digest("hex") };
  }

  #requireWithinLimits({ bytes, arriving }: Receiving, ofFile: number): void {
    const { fileBytes, uploadBytes } = this.#limits;
    if (ofFile > fileBytes) throw tooLarge(`has a file of more than ${fileBytes} bytes`);
    if (bytes + arriving > uploadBytes) throw tooLarge(`has more than ${uploadBytes} bytes`);
  }
}

async function readUpload(folder: string, id: string) {
  const details = await readJsonFile(join(folder, id, NAMES.description), description);
  if (details === null) throw missing(id);
  const list = await readFile(join(folder, id, NAMES.list), "utf8").catch(() => "");
  const files = new Map(list.split("\n").flatMap((line) => receivedIn(line).map((file) => [file.name, file] as const)));
  const bytes = [...files.values()].reduce((sum, file) => sum + file.bytes, 0);
  return { id, studyId: details.studyId, images: resolve(folder, id, NAMES.images), files, bytes };
}

/** Puts a file that arrived whole into its place. */
async function keep(upload: Receiving, temporary: string, file: ReceivedFile): Promise<void> {
  const there = upload.files.get(file.name);
  if (there?.sha256 === file.sha256) return;
  if (there !== undefined)
    throw new UsageError(
      "UPLOAD_CONFLICT",
      `The upload has a file "${file.name}" already, with another picture. Rename one, or upload it as another slide.`,
    );
  // Before anything is waited for, so that the same name sent twice at once meets itself here.
  upload.files.set(file.name, file);
  upload.bytes += file.bytes;
  try {
    const place = join(upload.images, file.name);
    await mkdir(dirname(place), { recursive: true });
    await rename(temporary, place);
    await appendFile(join(upload.folder, NAMES.list), `${JSON.stringify(file)}\n`, { flush: true });
  } catch (error) {
    upload.files.delete(file.name);
    upload.bytes -= file.bytes;
    throw error;
  }
}

/** The file that a line of the list names; none where the line was cut short by a crash. */
function receivedIn(line: string): ReceivedFile[] {
  try {
    return [receivedFile.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

/**
 * Looks at the header alone. An image that cannot be read at all is taken in: scoring lists it, with the reason. A BMP's
 * pixels are bounded by its bytes.
 */
async function requirePixelsWithin(path: string, name: string, maxPixels: number): Promise<void> {
  const image = await openImage(path).catch(() => null);
  if (image === null || image.format === "bmp") return;
  const options = { limitInputPixels: false, failOn: "none" } as const;
  const header = await sharp(image.content, options)
    .metadata()
    .catch(() => null);
  if (header !== null) refuseTooLarge(`"${name}"`, header.width, header.pageHeight ?? header.height, maxPixels);
}

function missing(id: string): UsageError {
  return new UsageError("UPLOAD_MISSING", `The study has no upload "${id.slice(0, 40)}". Begin a new one.`);
}

function tooLarge(what: string): UsageError {
  return new UsageError("UPLOAD_TOO_LARGE", `The upload ${what}. Bring the images in several uploads.`);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function notWritten(name: string, cause: unknown): MicronucleiError {
  return new MicronucleiError(
    "UPLOAD_NOT_WRITTEN",
    `"${name}" could not be written to the workspace: ${describeError(cause)}. Check the free space of its disk.`,
    { cause },
  );
}
