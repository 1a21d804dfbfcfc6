import { z } from "zod";
import { describeError, WeightsError } from "../core/errors.ts";
import { type ByteSource, memorySource } from "./byte-source.ts";
import {
  BYTES_PER_ELEMENT,
  elementCount,
  type Keep,
  type NamedTensor,
  type TensorEntry,
  type TensorMap,
  type TensorType,
  type WeightsContent,
  type WeightsIndex,
} from "./tensor-file.ts";

// https://github.com/huggingface/safetensors, "Format": 8 bytes of header length (little-endian), the header in JSON, the data.
const LENGTH_BYTES = 8;
const HEADER_LIMIT = 100_000_000;
const METADATA_KEY = "__metadata__";

/** The format's name of each type, in the order in which its reference implementation stores them: widest first. */
const TYPE_NAMES: Record<TensorType, string> = {
  int64: "I64",
  float64: "F64",
  float32: "F32",
  int32: "I32",
  bfloat16: "BF16",
  float16: "F16",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};
const STORAGE_ORDER = Object.keys(TYPE_NAMES) as TensorType[];
const TYPE_OF_NAME = new Map(STORAGE_ORDER.map((type) => [TYPE_NAMES[type], type]));

const size = z.int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(size).max(16),
  data_offsets: z.tuple([size, size]),
});
const metadataSchema = z.record(z.string(), z.string());

/** A tensor of the header: bytes `begin` to `end` behind the header are its data. */
type Entry = TensorEntry & { readonly begin: number; readonly end: number };

/** `entries`: in the order of their bytes. */
type Header = { readonly entries: readonly Entry[]; readonly metadata: Readonly<Record<string, string>> };

/**
 * A safetensors file. The bytes depend on the tensors and the metadata alone, not on their order: widest type first, then
 * by name, metadata by key; the header is padded with spaces so that the data begins at a multiple of 8.
 */
export function encodeSafetensors(tensors: Iterable<NamedTensor>, metadata: Record<string, string> = {}): Uint8Array {
  const file = Buffer.concat(encodeSafetensorsInPieces(tensors, metadata));
  return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
}

/** The same bytes in pieces, for a file: behind the header each tensor's own data, not copied. */
export function encodeSafetensorsInPieces(
  tensors: Iterable<NamedTensor>,
  metadata: Record<string, string> = {},
): readonly Uint8Array[] {
  const sorted = [...tensors].sort(compareForStorage);
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA_KEY, sortedByKey(metadata)]);
  let end = 0;
  for (const { name, shape, type, data } of sorted) {
    if (data.length !== elementCount(shape) * BYTES_PER_ELEMENT[type]) {
      throw new Error(`Tensor "${name}", ${type} [${shape.join(", ")}], cannot have ${data.length} bytes.`);
    }
    header.push([name, { dtype: TYPE_NAMES[type], shape, data_offsets: [end, end + data.length] }]);
    end += data.length;
  }
  return [...headerPieces(header), ...sorted.map(({ data }) => data)];
}

/** The tensors of a safetensors file, looking at `bytes` in place. Throws SAFETENSORS_UNREADABLE, WEIGHTS_TYPE_UNSUPPORTED. */
export function decodeSafetensors(bytes: Uint8Array): WeightsContent {
  const { metadata, read } = openSafetensors(memorySource(bytes));
  return { tensors: read(() => true), metadata };
}

/** A safetensors file of which only the header has been read. Throws SAFETENSORS_UNREADABLE, WEIGHTS_TYPE_UNSUPPORTED. */
export function openSafetensors(source: ByteSource): WeightsIndex {
  const headerLength = readHeaderLength(source);
  const dataStart = LENGTH_BYTES + headerLength;
  const { entries, metadata } = parseHeader(source.read(LENGTH_BYTES, headerLength), source.size - dataStart);
  const read = (keep: Keep): TensorMap =>
    new Map(
      entries
        .filter(({ name }) => keep(name))
        .map(({ begin, end, ...tensor }) => [
          tensor.name,
          { ...tensor, data: source.read(dataStart + begin, end - begin) },
        ]),
    );
  return { entries: entries.map(({ name, shape, type }) => ({ name, shape, type })), metadata, read };
}

function readHeaderLength(source: ByteSource): number {
  if (source.size < LENGTH_BYTES) throw unreadable(`it has ${source.size} bytes; its header's length alone takes 8`);
  const length = Buffer.from(source.read(0, LENGTH_BYTES)).readBigUInt64LE();
  if (length < 2n || length > BigInt(HEADER_LIMIT)) {
    throw unreadable(`its header claims ${length} bytes, and 2 to ${HEADER_LIMIT} are possible`);
  }
  if (LENGTH_BYTES + Number(length) > source.size) {
    throw unreadable(`its header claims ${length} bytes, and the file has ${source.size}; it may be cut off`);
  }
  return Number(length);
}

/** Checks and reads the JSON header: every one of the `dataLength` bytes behind it belongs to exactly one tensor. */
function parseHeader(json: Uint8Array, dataLength: number): Header {
  const { [METADATA_KEY]: metadata, ...rest } = parseJsonObject(json);
  const entries = Object.entries(rest)
    .map(([name, entry]) => parseEntry(name, entry))
    .sort((left, right) => left.begin - right.begin || left.end - right.end);
  checkCoverage(entries, dataLength);
  const checked = metadataSchema.safeParse(metadata ?? {});
  if (!checked.success) throw unreadable("its metadata is not a list of texts");
  return { entries, metadata: checked.data };
}

function parseJsonObject(json: Uint8Array): Record<string, unknown> {
  let parsed: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
    parsed = JSON.parse(text);
  } catch (error) {
    throw unreadable(`its header is not JSON (${describeError(error)})`, error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw unreadable("its header is not a JSON object");
  }
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) throw unreadable(`its header has ${repeated} twice`);
  return parsed as Record<string, unknown>;
}

function parseEntry(name: string, entry: unknown): Entry {
  const checked = entrySchema.safeParse(entry);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw unreadable(`the entry of tensor "${name}" is wrong at "${issue?.path.join(".")}": ${issue?.message}`);
  }
  const { dtype, shape, data_offsets } = checked.data;
  const [begin, end] = data_offsets;
  const type = TYPE_OF_NAME.get(dtype);
  if (type === undefined) {
    throw new WeightsError(
      "WEIGHTS_TYPE_UNSUPPORTED",
      `Tensor "${name}" holds numbers of type "${dtype}". Expected one of ${[...TYPE_OF_NAME.keys()].join(", ")}: ` +
        `convert it to float32 before saving.`,
    );
  }
  const expected = elementCount(shape) * BYTES_PER_ELEMENT[type];
  if (end - begin !== expected) {
    throw unreadable(
      `tensor "${name}", ${dtype} [${shape.join(", ")}], needs ${expected} bytes and is given ${end - begin}`,
    );
  }
  return { name, shape, type, begin, end };
}

/** Throws unless the entries, in order, follow each other without gap or overlap and fill the data to its end. */
function checkCoverage(entries: readonly Entry[], dataLength: number): void {
  let expected = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== expected)
      throw unreadable(`tensor "${name}" begins at byte ${begin} of the data, not at ${expected}`);
    expected = end;
  }
  if (expected !== dataLength) {
    throw unreadable(`its tensors need ${expected} bytes of data and it has ${dataLength}; it may be cut off`);
  }
}

/** The first key, in quotes, that an object anywhere in this valid JSON has twice; JSON.parse would keep the last silently. */
function findRepeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let position = 0; position < json.length; position++) {
    const character = json[position];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    if (character !== '"') continue;
    const begin = position++;
    while (json[position] !== '"') position += json[position] === "\\" ? 2 : 1;
    if (!isFollowedByColon(json, position + 1)) continue;
    // Parsed again, because "\u0061" and "a" are one key.
    const key: string = JSON.parse(json.slice(begin, position + 1));
    if (open.at(-1)?.has(key)) return JSON.stringify(key);
    open.at(-1)?.add(key);
  }
  return undefined;
}

function isFollowedByColon(json: string, start: number): boolean {
  let position = start;
  while (/\s/.test(json[position] ?? "")) position++;
  return json[position] === ":";
}

function compareForStorage(left: NamedTensor, right: NamedTensor): number {
  const byType = STORAGE_ORDER.indexOf(left.type) - STORAGE_ORDER.indexOf(right.type);
  if (byType !== 0) return byType;
  return left.name < right.name ? -1 : 1;
}

function sortedByKey(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The header's length, its text and what fills it up. Built entry by entry, because a JavaScript object would move names such as "10" to the front. */
function headerPieces(entries: readonly [string, unknown][]): Uint8Array[] {
  const names = new Set(entries.map(([name]) => name));
  if (names.size !== entries.length) throw new Error("Two tensors have the same name, or one is called __metadata__.");
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = Buffer.from(json);
  const padding = Buffer.alloc((8 - (text.length % 8)) % 8, " ");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(text.length + padding.length));
  return [length, text, padding];
}

function unreadable(reason: string, cause?: unknown): WeightsError {
  return new WeightsError(
    "SAFETENSORS_UNREADABLE",
    `This is not a sound safetensors file: ${reason}. Save or download it again.`,
    { cause },
  );
}
