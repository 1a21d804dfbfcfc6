import { EngineError, WeightsError } from "../core/errors.ts";
import { type ByteSource, withFileSource } from "./byte-source.ts";
import { beginsAsModel, openModel } from "./onnx-model.ts";
import { openLegacyCheckpoint, openZipCheckpoint } from "./pytorch-checkpoint.ts";
import { openSafetensors } from "./safetensors.ts";
import type { Keep, TensorEntry, WeightsContent, WeightsIndex } from "./tensor-file.ts";

export interface ReadOptions {
  /** Only tensors whose name passes are read; all by default. */
  readonly keep?: Keep;
}

/** A file format of weights, recognised by content and read by its table of contents. */
interface WeightsFormat {
  readonly name: string;
  /** `start`: the first bytes of the file, 16 at most. */
  recognises(start: Uint8Array): boolean;
  open(source: ByteSource): WeightsIndex;
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

const START_LENGTH = 16;

const FORMATS: readonly WeightsFormat[] = [
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
  {
    name: "ONNX",
    recognises: beginsAsModel,
    open: openModel,
  },
];

/**
 * The tensors of a file of weights, whatever its name: safetensors, a PyTorch checkpoint in the zip or legacy format, or
 * a model of ours. Only the tensors that pass `keep` are read from the disk.
 *
 * Throws WEIGHTS_FILE_MISSING, WEIGHTS_FORMAT_UNKNOWN, WEIGHTS_FILE_CUT_OFF, WEIGHTS_TYPE_UNSUPPORTED,
 * SAFETENSORS_UNREADABLE, CHECKPOINT_UNREADABLE, CHECKPOINT_FORBIDDEN, CHECKPOINT_TOO_LARGE, MODEL_UNREADABLE; each message has the path.
 */
export async function readWeightsFile(path: string, options: ReadOptions = {}): Promise<WeightsFile> {
  return inFile(path, (source) => readWeights(source, options));
}

/** `readWeightsFile` for bytes that are at hand. */
export function readWeights(source: ByteSource, { keep = () => true }: ReadOptions = {}): WeightsFile {
  const format = recognise(source);
  const { metadata, read } = format.open(source);
  return { format: format.name, tensors: read(keep), metadata };
}

/** What a file of weights holds, from its table of contents alone. Throws what `readWeightsFile` throws. */
export async function inspectWeightsFile(path: string): Promise<WeightsSummary> {
  return inFile(path, (source) => {
    const format = recognise(source);
    const { entries, metadata } = format.open(source);
    return { format: format.name, bytes: source.size, entries, metadata };
  });
}

function inFile<T>(path: string, use: (source: ByteSource) => T): T {
  try {
    return withFileSource(path, use);
  } catch (error) {
    const coded = error instanceof WeightsError || error instanceof EngineError;
    if (!coded || error.message.includes(path)) throw error;
    throw new WeightsError(error.code, `${error.message} File: ${path}`, { cause: error });
  }
}

function recognise(source: ByteSource): WeightsFormat {
  const start = source.read(0, Math.min(source.size, START_LENGTH));
  const format = FORMATS.find((candidate) => candidate.recognises(start));
  if (format === undefined) throw unknownFormat(start);
  return format;
}

function unknownFormat(start: Uint8Array): WeightsError {
  const found = start.length === 0 ? "It is empty" : `It begins with the bytes ${Buffer.from(start).toString("hex")}`;
  return new WeightsError(
    "WEIGHTS_FORMAT_UNKNOWN",
    `This is not a file of weights that can be read. ${found}. Expected safetensors, a PyTorch checkpoint ` +
      `(zip or legacy; those of PyTorch 0.1 are not read) or a model of ours (ONNX).`,
  );
}
