import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { TrainingError } from "../core/errors.ts";
import { sha256, writeFileAtomically } from "../core/files.ts";
import type { ReportProgress } from "../core/progress.ts";
import type { Dataset } from "../dataset/cell.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import type { SessionOptions } from "../engine/session.ts";
import { RUN_FILES } from "../training/run-folder.ts";
import type { FinishedRun } from "./experiment.ts";
import {
  checkRandomised,
  localise,
  type MapLocalisation,
  maskedTestCells,
  type RandomisationCheck,
} from "./explain-runs.ts";
import { inferenceMilliseconds } from "./network-cost.ts";

/** What only the model of a training can tell. */
export interface RunMeasurements {
  readonly inferenceMilliseconds: number;
  readonly modelMegabytes: number;
  readonly localisation: MapLocalisation;
  /** Of the proposed network alone. */
  readonly randomised: RandomisationCheck | null;
}

export interface MeasuringRequest {
  readonly dataset: Dataset;
  readonly session: SessionOptions;
  readonly reportProgress: ReportProgress;
  /** A model of the same network with weights drawn at random. */
  readonly randomise: (metadata: ModelMetadata, seed: number) => Uint8Array;
}

/** In the run folder, as JSON. */
export const MEASUREMENTS_FILE = "measurements.json";

/**
 * Measures the model of a finished run, or reads what was measured before. The measurements lie beside the run, so that the tables
 * of an experiment can be made again where the large files, its models, were removed.
 *
 * Throws EXPERIMENT_MODEL_GONE where neither is there.
 */
export async function measureRun(
  run: FinishedRun,
  isProposed: boolean,
  { dataset, session, reportProgress, randomise }: MeasuringRequest,
): Promise<RunMeasurements> {
  const subject: Subject = {
    testScores: sha256(await readFile(join(run.folder, RUN_FILES.testScores))),
    maskedCells: maskedTestCells(dataset).length,
  };
  const known = await readMeasurements(run.folder, subject);
  if (known !== null && (known.randomised !== null || !isProposed)) return known;
  const model = await readRunModel(run);
  const measured: RunMeasurements = {
    inferenceMilliseconds: await inferenceMilliseconds(model, session),
    modelMegabytes: model.length / 1e6,
    localisation: await localise(model, dataset, session, reportProgress),
    randomised: isProposed ? await checkRandomised(model, run.seed, dataset, session, randomise, reportProgress) : null,
  };
  const text = `${JSON.stringify({ subject, ...measured }, null, 2)}\n`;
  await writeFileAtomically(join(run.folder, MEASUREMENTS_FILE), text);
  return measured;
}

/** Whether the model of a run is still in its folder. */
export function hasRunModel(run: FinishedRun): boolean {
  return existsSync(join(run.folder, RUN_FILES.model));
}

/** Model file of a run. Throws EXPERIMENT_MODEL_GONE. */
export async function readRunModel(run: FinishedRun): Promise<Uint8Array> {
  if (hasRunModel(run)) return new Uint8Array(await readFile(join(run.folder, RUN_FILES.model)));
  throw new TrainingError(
    "EXPERIMENT_MODEL_GONE",
    `The run in ${run.folder} has neither its ${RUN_FILES.model} nor a ${MEASUREMENTS_FILE} of it, so it cannot be measured. ` +
      "Put one of them back, or delete the folder to have it trained again.",
  );
}

/** What was measured: another training in the same folder has other scores, and masks may come later. */
interface Subject {
  /** SHA-256 of the file. */
  readonly testScores: string;
  readonly maskedCells: number;
}

/** Null where there are none that can be read, or they are of something else. */
async function readMeasurements(folder: string, subject: Subject): Promise<RunMeasurements | null> {
  const path = join(folder, MEASUREMENTS_FILE);
  if (!existsSync(path)) return null;
  try {
    const known = JSON.parse(await readFile(path, "utf8")) as RunMeasurements & { readonly subject: Subject };
    return isDeepStrictEqual(known.subject, subject) ? known : null;
  } catch {
    return null;
  }
}
