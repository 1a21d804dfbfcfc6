import { existsSync } from "node:fs";
import { readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeError, TrainingError } from "../core/errors.ts";
import { type FileContent, writeFileAtomically } from "../core/files.ts";
import type { TrainingState } from "../engine/training-session.ts";
import { withFileSource } from "../weights/byte-source.ts";
import { encodeSafetensorsInPieces, openSafetensors } from "../weights/safetensors.ts";
import { fromFloat32, toFloat32 } from "../weights/tensor-file.ts";
import type { TrainingSettings } from "./settings.ts";
import { startedFromSchema } from "./started-from.ts";
import { weightsOriginSchema } from "./starting-weights.ts";

/** The files of a run, by what they hold. */
export const RUN_FILES = {
  model: "model.onnx",
  checkpoint: "checkpoint.safetensors",
  history: "history.csv",
  settings: "settings.json",
  evaluation: "evaluation.json",
  validationScores: "validation-scores.csv",
  testScores: "test-scores.csv",
  evaluationPage: "evaluation.html",
  report: "report.html",
  /** Only while the run is under way. */
  decodedImages: "decoded-images.tmp",
  lock: "under-way.tmp",
  /** The model of the present weights while it is validated. */
  candidate: "candidate-model.tmp",
} as const;

const positionSchema = z.strictObject({
  /** Epochs that are finished. */
  epoch: z.int().nonnegative(),
  /** Steps made in the epoch under way. */
  stepInEpoch: z.int().nonnegative(),
  /** Sum of the losses of these steps, each times its number of images. */
  lossSum: z.number(),
  imagesSeen: z.int().nonnegative(),
  /** Epoch, from 1, and validation ROC area of the kept model; null before the first. */
  best: z.strictObject({ epoch: z.int(), auc: z.number() }).nullable(),
  /** Steps of the whole training. */
  steps: z.int().nonnegative(),
  /** How much of the network started from given weights; absent in checkpoints of earlier versions. */
  origin: weightsOriginSchema.optional(),
  /** The file of these weights; null where they were drawn, absent in checkpoints of earlier versions. */
  startedFrom: startedFromSchema.nullable().optional(),
});

/** Where a training stands between two steps. With the seed and the settings it fixes everything that follows. */
export type TrainingPosition = z.infer<typeof positionSchema>;

export const START_POSITION: TrainingPosition = {
  epoch: 0,
  stepInEpoch: 0,
  lossSum: 0,
  imagesSeen: 0,
  best: null,
  steps: 0,
};

/** What must be equal for a run to be continued. */
export interface RunIdentity {
  readonly settings: TrainingSettings;
  readonly dataHash: string;
  readonly splitHash: string;
  /** SHA-256 of the file of weights that it started from; null: they were drawn. Absent in runs of earlier versions. */
  readonly weightsHash?: string | null;
  readonly version: string;
}

export interface Checkpoint {
  readonly position: TrainingPosition;
  readonly state: TrainingState;
}

/** Writes one file of the run, whole or not at all. Throws RUN_NOT_WRITTEN; what was there before stays. */
export async function writeRunFile(folder: string, name: string, content: FileContent): Promise<void> {
  const path = join(folder, name);
  await writing(path, () => writeFileAtomically(path, content));
}

/** Makes the model that was validated the one that is kept. Throws RUN_NOT_WRITTEN. */
export async function keepCandidate(folder: string): Promise<void> {
  const path = join(folder, RUN_FILES.model);
  await writing(path, () => rename(join(folder, RUN_FILES.candidate), path));
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new TrainingError(
      "RUN_NOT_WRITTEN",
      `${path} cannot be written: ${describeError(error)}. Everything up to the last finished epoch is kept; ` +
        `make room or choose another folder, then go on with --resume.`,
      { cause: error },
    );
  }
}

/** Throws RUN_EXISTS where the folder holds something; images that a broken-off start left behind do not count. */
export async function requireUnused(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const leftOver: readonly string[] = [RUN_FILES.decodedImages, RUN_FILES.lock];
  if ((await readdir(folder)).every((name) => leftOver.includes(name))) return;
  throw new TrainingError(
    "RUN_EXISTS",
    `${folder} is not empty. Go on with that run with --resume, or give --out another folder.`,
  );
}

/** Makes a new run folder with its settings. Throws RUN_EXISTS where one is there already. */
export async function startRun(folder: string, identity: RunIdentity): Promise<void> {
  await requireUnused(folder);
  await writeRunFile(folder, RUN_FILES.settings, `${JSON.stringify(identity, null, 2)}\n`);
}

/** Checks that the run in `folder` is what is wanted. Throws RUN_MISSING or RUN_DIFFERS. */
export async function checkRun(folder: string, wanted: Partial<RunIdentity>): Promise<void> {
  const path = join(folder, RUN_FILES.settings);
  let found: Partial<RunIdentity>;
  try {
    found = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new TrainingError(
      "RUN_MISSING",
      `There is no run to resume: ${path} cannot be read. Start it without --resume.`,
      {
        cause: error,
      },
    );
  }
  const differences = describeDifferences(found, wanted);
  if (differences.length === 0) return;
  throw new TrainingError(
    "RUN_DIFFERS",
    `The run in ${folder} cannot be resumed, since it was started otherwise: ${differences.join("; ")}. ` +
      `Repeat the command that started it with --resume, or start a new run in another folder.`,
  );
}

/** Writes a checkpoint, tensor by tensor from where the numbers are. Throws RUN_NOT_WRITTEN. */
export async function writeCheckpoint(folder: string, { position, state }: Checkpoint): Promise<void> {
  const tensors = [...state].map(([name, numbers]) => fromFloat32(name, [numbers.length], numbers));
  const pieces = encodeSafetensorsInPieces(tensors, { position: JSON.stringify(position) });
  await writeRunFile(folder, RUN_FILES.checkpoint, pieces);
}

/** The last checkpoint, or null where none was written yet. Throws RUN_CHECKPOINT_UNREADABLE. */
export function readCheckpoint(folder: string): Checkpoint | null {
  return openCheckpoint(folder, ({ position, tensors }) => ({ position, state: new Map(tensors()) }));
}

/**
 * What `use` makes of the last checkpoint, or null where none was written yet: its position, and its tensors read one by
 * one, so that not all of them need be in memory beside those that they become. Throws RUN_CHECKPOINT_UNREADABLE.
 */
export function openCheckpoint<Result>(
  folder: string,
  use: (checkpoint: {
    position: TrainingPosition;
    tensors: () => Generator<readonly [string, Float32Array]>;
  }) => Result,
): Result | null {
  const path = join(folder, RUN_FILES.checkpoint);
  if (!existsSync(path)) return null;
  try {
    return withFileSource(path, (source) => {
      const { entries, metadata, read } = openSafetensors(source);
      const tensors = function* () {
        for (const { name } of entries) {
          for (const tensor of read((candidate) => candidate === name).values()) {
            yield [name, toFloat32(tensor)] as const;
          }
        }
      };
      return use({ position: positionSchema.parse(JSON.parse(metadata.position ?? "")), tensors });
    });
  } catch (error) {
    throw new TrainingError(
      "RUN_CHECKPOINT_UNREADABLE",
      `${path} cannot be read: ${describeError(error)}. Start the run anew.`,
      {
        cause: error,
      },
    );
  }
}

/** In what a run is not what is wanted, each as "batch was 4 and is now 8"; of what `wanted` leaves out nothing is asked. */
export function describeDifferences(found: Partial<RunIdentity>, wanted: Partial<RunIdentity>): string[] {
  const written = JSON.parse(JSON.stringify(wanted)) as Partial<RunIdentity>;
  const compared = (Object.keys(written) as (keyof RunIdentity)[]).filter(
    (key) => key !== "weightsHash" || found.weightsHash !== undefined,
  );
  return compared.flatMap((key) => differingKeys(found[key], written[key], key));
}

function differingKeys(found: unknown, wanted: unknown, path: string): string[] {
  if (isObject(found) && isObject(wanted)) {
    const keys = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
    return keys.flatMap((key) => differingKeys(found[key], wanted[key], `${path}.${key}`));
  }
  if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
  return [`${path} was ${JSON.stringify(found)} and is now ${JSON.stringify(wanted)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
