import { WeightsError } from "../core/errors.ts";
import { type ByteSource, withFileSource } from "./byte-source.ts";
import { readLegacyCheckpoint, readZipCheckpoint } from "./pytorch-checkpoint.ts";
import { readSafetensors } from "./safetensors.ts";
import type { Keep, WeightsContent } from "./tensor-file.ts";

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

const START_LENGTH = 16;

const FORMATS: readonly WeightsFormat[] = [
  {
    name: "PyTorch (zip)",
    recognises: (start) => startsWith(start, [0x50, 0x4b]),
    read: readZipCheckpoint,
  },
  {
    name: "PyTorch (legacy)",
    recognises: (start) => start[0] === 0x80 && (start[1] as number) <= 5,
    read: readLegacyCheckpoint,
  },
  {
    name: "safetensors",
    // Eight bytes of length, then JSON.
    recognises: (start) => start[8] === 0x7b,
    read: readSafetensors,
  },
];

/**
 * The tensors of a file of weights, whatever its name: safetensors, or a PyTorch checkpoint in the zip or legacy format.
 * Only the tensors that pass `keep` are read from the disk.
 *
 * Throws WEIGHTS_FILE_MISSING, WEIGHTS_FORMAT_UNKNOWN, WEIGHTS_FILE_CUT_OFF, WEIGHTS_TYPE_UNSUPPORTED,
 * SAFETENSORS_UNREADABLE, CHECKPOINT_UNREADABLE, CHECKPOINT_FORBIDDEN, CHECKPOINT_TOO_LARGE; each message ends with the path.
 */
export async function readWeightsFile(path: string, options: ReadOptions = {}): Promise<WeightsFile> {
  try {
    return withFileSource(path, (source) => readWeights(source, options));
  } catch (error) {
    if (!(error instanceof WeightsError) || error.message.includes(path)) throw error;
    throw new WeightsError(error.code, `${error.message} File: ${path}`, { cause: error });
  }
}

/** `readWeightsFile` for bytes that are at hand. */
export function readWeights(source: ByteSource, { keep = () => true, formats = [] }: ReadOptions = {}): WeightsFile {
  const start = source.read(0, Math.min(source.size, START_LENGTH));
  const format = [...formats, ...FORMATS].find((candidate) => candidate.recognises(start));
  if (format === undefined) throw unknownFormat(start);
  return { format: format.name, ...format.read(source, keep) };
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

function unknownFormat(start: Uint8Array): WeightsError {
  const found = start.length === 0 ? "It is empty" : `It begins with the bytes ${Buffer.from(start).toString("hex")}`;
  return new WeightsError(
    "WEIGHTS_FORMAT_UNKNOWN",
    `This is not a file of weights that can be read. ${found}. Expected safetensors or a PyTorch checkpoint ` +
      `(zip or legacy; those of PyTorch 0.1 are not read).`,
  );
}
