import { WeightsError } from "../core/errors.ts";
import { type ByteSource, withFileSource } from "./byte-source.ts";
import { openLegacyCheckpoint, openZipCheckpoint } from "./pytorch-checkpoint.ts";
import { openSafetensors } from "./safetensors.ts";
import type { Keep, TensorEntry, WeightsContent, WeightsIndex } from "./tensor-file.ts";

export interface ReadOptions {
  /** Only tensors whose name passes are read; all by default. */
  readonly keep?: Keep;
  /** Further formats to recognise, before those that are built in: how a caller adds our own ONNX models. */
  readonly formats?: readonly WeightsFormat[];
}

/** A file format of weights, recognised by content. */
export interface WeightsFormat {
  readonly name: string;
  /** `start`: the first bytes of the file, 16 at most. */
  recognises(start: Uint8Array): boolean;
  read(source: ByteSource, keep: Keep): WeightsContent;
}

export interface WeightsFile extends WeightsContent {
  readonly format: string;
}

/** What is in a file of weights, without the numbers. */
export interface WeightsSummary {
  readonly format: string;
  readonly bytes: number;
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** A format that is read by its table of contents. */
type IndexedFormat = Omit<WeightsFormat, "read"> & { open(source: ByteSource): WeightsIndex };

const START_LENGTH = 16;

const FORMATS: readonly IndexedFormat[] = [
  {
    name: "PyTorch (zip)",
    recognises: (start) => start[0] === 0x50 && start[1] === 0x4b,
    open: openZipCheckpoint,
  },
  {
    name: "PyTorch (legacy)",
    recognises: (start) => start[0] === 0x80 && (start[1] as number) <= 5,
    open: openLegacyCheckpoint,
  },
  {
    name: "safetensors",
    // Eight bytes of length, then JSON.
    recognises: (start) => start[8] === 0x7b,
    open: openSafetensors,
  },
];

/**
 * The tensors of a file of weights, whatever its name: safetensors, or a PyTorch checkpoint in the zip or legacy format.
 * Only the tensors that pass `keep` are read from the disk.
 *
 * Throws WEIGHTS_FILE_MISSING, WEIGHTS_FORMAT_UNKNOWN, WEIGHTS_FILE_CUT_OFF, WEIGHTS_TYPE_UNSUPPORTED,
 * SAFETENSORS_UNREADABLE, CHECKPOINT_UNREADABLE, CHECKPOINT_FORBIDDEN, CHECKPOINT_TOO_LARGE; each message has the path.
 */
export async function readWeightsFile(path: string, options: ReadOptions = {}): Promise<WeightsFile> {
  return inFile(path, (source) => readWeights(source, options));
}

/** `readWeightsFile` for bytes that are at hand. */
export function readWeights(source: ByteSource, { keep = () => true, formats = [] }: ReadOptions = {}): WeightsFile {
  const format = recognise(source, [...formats, ...FORMATS]);
  if ("read" in format) return { format: format.name, ...format.read(source, keep) };
  const { metadata, read } = format.open(source);
  return { format: format.name, tensors: read(keep), metadata };
}

/** What a file of weights holds, from its table of contents alone. Throws what `readWeightsFile` throws. */
export async function inspectWeightsFile(path: string): Promise<WeightsSummary> {
  return inFile(path, (source) => {
    const format = recognise(source, FORMATS);
    const { entries, metadata } = format.open(source);
    return { format: format.name, bytes: source.size, entries, metadata };
  });
}

function inFile<T>(path: string, use: (source: ByteSource) => T): T {
  try {
    return withFileSource(path, use);
  } catch (error) {
    if (!(error instanceof WeightsError) || error.message.includes(path)) throw error;
    throw new WeightsError(error.code, `${error.message} File: ${path}`, { cause: error });
  }
}

function recognise<T extends IndexedFormat | WeightsFormat>(source: ByteSource, formats: readonly T[]): T {
  const start = source.read(0, Math.min(source.size, START_LENGTH));
  const format = formats.find((candidate) => candidate.recognises(start));
  if (format === undefined) throw unknownFormat(start);
  return format;
}

function unknownFormat(start: Uint8Array): WeightsError {
  const found = start.length === 0 ? "It is empty" : `It begins with the bytes ${Buffer.from(start).toString("hex")}`;
  return new WeightsError(
    "WEIGHTS_FORMAT_UNKNOWN",
    `This is not a file of weights that can be read. ${found}. Expected safetensors or a PyTorch checkpoint ` +
      `(zip or legacy; those of PyTorch 0.1 are not read).`,
  );
}
