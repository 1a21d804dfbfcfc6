import { crc32 } from "node:zlib";
import { WeightsError } from "../core/errors.ts";
import type { ByteSource } from "./byte-source.ts";

// PKWARE APPNOTE.TXT 6.3.10; numbers in brackets are its sections.
const END_SIGNATURE = 0x06054b50; // [4.3.16]
const END_LENGTH = 22;
const COMMENT_LIMIT = 0xffff;
const END64_SIGNATURE = 0x06064b50; // [4.3.14]
const END64_LENGTH = 56;
const LOCATOR64_SIGNATURE = 0x07064b50; // [4.3.15]
const LOCATOR64_LENGTH = 20;
const ENTRY_SIGNATURE = 0x02014b50; // [4.3.12]
const ENTRY_LENGTH = 46;
const LOCAL_SIGNATURE = 0x04034b50; // [4.3.7]
const LOCAL_LENGTH = 30;
const ZIP64_EXTRA = 0x0001; // [4.5.3]
const IN_ZIP64 = 0xffffffff;
const FLAG_ENCRYPTED = 1;
const DIRECTORY_LIMIT = 16 * 2 ** 20;

/** A file inside a zip archive. `headerOffset`: position of its local header. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly crc32: number;
  readonly headerOffset: number;
}

type Directory = { readonly offset: number; readonly length: number };

/**
 * The entries of a zip archive (zip64 too) by name, from the directory at its end. Only stored entries, as PyTorch writes
 * them: a compressed one is refused, so that nothing read is ever larger than the file.
 * Throws CHECKPOINT_UNREADABLE, CHECKPOINT_TOO_LARGE, WEIGHTS_FILE_CUT_OFF.
 */
export function readZipDirectory(source: ByteSource): Map<string, ZipEntry> {
  const { offset, length } = findDirectory(source);
  if (length > DIRECTORY_LIMIT) {
    throw new WeightsError(
      "CHECKPOINT_TOO_LARGE",
      `The table of contents of this zip archive takes ${length} bytes; at most ${DIRECTORY_LIMIT} are read.`,
    );
  }
  const bytes = Buffer.from(source.read(offset, length));
  const entries = new Map<string, ZipEntry>();
  for (let position = 0; position < length; ) {
    const { entry, next } = parseEntry(bytes, position);
    if (entries.has(entry.name)) throw unreadable(`it contains "${entry.name}" twice`);
    entries.set(entry.name, entry);
    position = next;
  }
  return entries;
}

/** The content of an entry, its checksum verified. */
export function readZipEntry(source: ByteSource, entry: ZipEntry): Uint8Array {
  const header = Buffer.from(source.read(entry.headerOffset, LOCAL_LENGTH));
  if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw unreadable(`entry "${entry.name}" has no header`);
  const dataOffset = entry.headerOffset + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
  const bytes = source.read(dataOffset, entry.size);
  if (crc32(bytes) !== entry.crc32) {
    throw unreadable(
      `the checksum of entry "${entry.name}" does not match its content (a file saved by PyTorch with ` +
        `compute_crc32=False has wrong ones: save it without that setting)`,
    );
  }
  return bytes;
}

function findDirectory(source: ByteSource): Directory {
  const tailLength = Math.min(source.size, END_LENGTH + COMMENT_LIMIT);
  const tailStart = source.size - tailLength;
  const tail = Buffer.from(source.read(tailStart, tailLength));
  for (let position = tailLength - END_LENGTH; position >= 0; position--) {
    if (tail.readUInt32LE(position) !== END_SIGNATURE) continue;
    return (
      findDirectory64(source, tailStart + position) ?? {
        length: tail.readUInt32LE(position + 12),
        offset: tail.readUInt32LE(position + 16),
      }
    );
  }
  throw unreadable("its table of contents, at the end, is missing; the file was probably cut off");
}

/** The directory by the zip64 record, which PyTorch always writes; undefined where there is none. */
function findDirectory64(source: ByteSource, endPosition: number): Directory | undefined {
  if (endPosition < LOCATOR64_LENGTH) return undefined;
  const locator = Buffer.from(source.read(endPosition - LOCATOR64_LENGTH, LOCATOR64_LENGTH));
  if (locator.readUInt32LE(0) !== LOCATOR64_SIGNATURE) return undefined;
  const record = Buffer.from(source.read(readUint64(locator, 8), END64_LENGTH));
  if (record.readUInt32LE(0) !== END64_SIGNATURE) throw unreadable("its zip64 record is missing");
  return { length: readUint64(record, 40), offset: readUint64(record, 48) };
}

function parseEntry(directory: Buffer, position: number): { entry: ZipEntry; next: number } {
  if (position + ENTRY_LENGTH > directory.length) throw unreadable("its table of contents ends in the middle");
  const header = directory.subarray(position, position + ENTRY_LENGTH);
  if (header.readUInt32LE(0) !== ENTRY_SIGNATURE) throw unreadable("its table of contents is damaged");
  const nameEnd = position + ENTRY_LENGTH + header.readUInt16LE(28);
  const extraEnd = nameEnd + header.readUInt16LE(30);
  const next = extraEnd + header.readUInt16LE(32);
  if (next > directory.length) throw unreadable("its table of contents ends in the middle");
  const name = directory.toString("utf8", position + ENTRY_LENGTH, nameEnd);
  if (header.readUInt16LE(8) & FLAG_ENCRYPTED) throw unreadable(`entry "${name}" is encrypted`);
  if (header.readUInt16LE(10) !== 0) throw unreadable(`entry "${name}" is compressed, which PyTorch never does`);
  const wide = wideFields(directory.subarray(nameEnd, extraEnd));
  // The zip64 field holds, in this order, only the values that do not fit their 32 bits.
  const value = (at: number): number => {
    const narrow = header.readUInt32LE(at);
    return narrow === IN_ZIP64 ? (wide.shift() ?? narrow) : narrow;
  };
  const size = value(24);
  const storedSize = value(20);
  if (size !== storedSize) throw unreadable(`entry "${name}" declares two sizes, ${size} and ${storedSize}`);
  return { entry: { name, size, crc32: header.readUInt32LE(16), headerOffset: value(42) }, next };
}

/** The 64-bit numbers of the zip64 extra field; empty where there is none. */
function wideFields(extra: Buffer): number[] {
  for (let position = 0; position + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(position + 2);
    const content = extra.subarray(position + 4, position + 4 + length);
    if (extra.readUInt16LE(position) === ZIP64_EXTRA) {
      return Array.from({ length: Math.floor(content.length / 8) }, (_, index) => readUint64(content, index * 8));
    }
    position += 4 + length;
  }
  return [];
}

/** As a double: above 2^53 it is not exact, and no file is that large. */
function readUint64(bytes: Buffer, position: number): number {
  return Number(bytes.readBigUInt64LE(position));
}

function unreadable(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_UNREADABLE",
    `This zip archive is not a sound PyTorch checkpoint: ${reason}. Save or download it again.`,
  );
}
