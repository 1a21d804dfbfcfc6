import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { WeightsError } from "../core/errors.ts";

// Node reads at most 2^31 - 1 bytes at once.
const ONE_READ_LIMIT = 2 ** 30;

/** Bytes that can be read piece by piece, so that a large file need never be in memory as a whole. */
export interface ByteSource {
  readonly size: number;
  /** `length` bytes from `offset` on; throws WEIGHTS_FILE_CUT_OFF where the source has no such bytes. */
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes that are in memory; what it reads are views of them. */
export function memorySource(bytes: Uint8Array): ByteSource {
  // Of a Buffer too the pieces are then plain Uint8Arrays.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    size: view.length,
    read: (offset, length) => {
      requireRange(view.length, offset, length);
      return view.subarray(offset, offset + length);
    },
  };
}

/** Opens a file, passes it to `use` as a source and closes it. Throws WEIGHTS_FILE_MISSING if it cannot be opened. */
export function withFileSource<T>(path: string, use: (source: ByteSource) => T): T {
  const descriptor = openFile(path);
  try {
    const { size } = fstatSync(descriptor);
    return use({
      size,
      read: (offset, length) => {
        requireRange(size, offset, length);
        return readFully(descriptor, offset, length);
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

function openFile(path: string): number {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    throw missing(path, error instanceof Error ? error.message : String(error), error);
  }
  const status = fstatSync(descriptor);
  if (status.isFile()) return descriptor;
  closeSync(descriptor);
  throw missing(path, status.isDirectory() ? "it is a folder; name the file in it" : "it is not a file");
}

function missing(path: string, reason: string, cause?: unknown): WeightsError {
  return new WeightsError(
    "WEIGHTS_FILE_MISSING",
    `The file of weights "${path}" cannot be opened: ${reason}. Check the path.`,
    { cause },
  );
}

function readFully(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(descriptor, bytes, done, Math.min(length - done, ONE_READ_LIMIT), offset + done);
    if (count === 0) throw cutOff(offset, length, offset + done);
    done += count;
  }
  return bytes;
}

/** Checked before anything is allocated: what a file declares may be far larger than the file. */
function requireRange(size: number, offset: number, length: number): void {
  const isSound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isSound || offset + length > size) throw cutOff(offset, length, size);
}

function cutOff(offset: number, length: number, size: number): WeightsError {
  return new WeightsError(
    "WEIGHTS_FILE_CUT_OFF",
    `This file of weights points to ${length} bytes at position ${offset}, and it has ${size} bytes in all. ` +
      `It was cut off or damaged: download or save it again.`,
  );
}
