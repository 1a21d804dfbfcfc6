import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "csv-parse/sync";
import { describeError, MicronucleiError, TrainingError } from "../core/errors.ts";
import type { Dataset } from "../dataset/cell.ts";
import type { RunEvaluation } from "../training/finish.ts";
import { type EpochRecord, readHistory } from "../training/history.ts";
import { RUN_FILES } from "../training/run-folder.ts";
import type { TrainingSettings } from "../training/settings.ts";
import { type TrainingRequest, train } from "../training/train.ts";
import type { PlannedRun } from "./experiment.ts";
import { testCells } from "./split-data.ts";

/** A finished training of an experiment, as its run folder has it. */
export interface FinishedRun extends PlannedRun {
  readonly folder: string;
  readonly history: readonly EpochRecord[];
  readonly evaluation: RunEvaluation;
  /** Probabilities of the test cells, in the order of the data. */
  readonly testScores: Float64Array;
}

/** A training that could not be finished, and why. */
export interface FailedRun extends PlannedRun {
  readonly code: string;
  readonly message: string;
}

export interface TrainingsRequest
  extends Pick<TrainingRequest, "dataset" | "session" | "version" | "message" | "signal"> {
  /** Run folders go below it, `<entry>-seed-<seed>`. */
  readonly folder: string;
  readonly reportProgress: TrainingRequest["reportProgress"];
}

export interface Trainings {
  readonly finished: readonly FinishedRun[];
  readonly failed: readonly FailedRun[];
  /** Those not begun or not finished when the work was stopped. */
  readonly left: readonly PlannedRun[];
}

/**
 * Makes the runs one after the other. A finished run of the same settings and data is taken as it is, an unfinished one is gone on
 * with; a training that fails is noted, and the others go on.
 */
export async function runTrainings(runs: readonly PlannedRun[], request: TrainingsRequest): Promise<Trainings> {
  const finished: FinishedRun[] = [];
  const failed: FailedRun[] = [];
  for (const [index, run] of runs.entries()) {
    if (request.signal.aborted) return { finished, failed, left: runs.slice(index) };
    const name = `${run.entry}, seed ${run.seed} (${index + 1} of ${runs.length})`;
    try {
      const outcome = await makeRun(run, request, name);
      if (outcome === null) return { finished, failed, left: runs.slice(index) };
      finished.push(outcome);
    } catch (error) {
      if (!(error instanceof MicronucleiError)) throw error;
      request.message(`${name} failed: ${error.message}`);
      failed.push({ ...run, code: error.code, message: error.message });
    }
  }
  return { finished, failed, left: [] };
}

/** Null where it was stopped before its end. */
async function makeRun(run: PlannedRun, request: TrainingsRequest, name: string): Promise<FinishedRun | null> {
  const folder = join(request.folder, `${run.entry}-seed-${run.seed}`);
  const known = await readFinishedRun(run, folder, request.dataset);
  if (known !== null) {
    request.message(`${name}: finished before, in ${folder}.`);
    return known;
  }
  request.message(`${name}: training in ${folder}.`);
  const { finished } = await train({
    dataset: request.dataset,
    settings: run.settings,
    runFolder: folder,
    resume: existsSync(join(folder, RUN_FILES.settings)),
    session: request.session,
    version: request.version,
    operatingPoint: { rule: "highest-f1" },
    reportProgress: (progress) => request.reportProgress({ ...progress, stage: `${name}: ${progress.stage}` }),
    reportEpoch: () => {},
    message: request.message,
    signal: request.signal,
  });
  return finished ? await readFinishedRun(run, folder, request.dataset) : null;
}

/** The run in `folder`, or null where there is none or it is not finished. Throws EXPERIMENT_RUN_DIFFERS. */
async function readFinishedRun(run: PlannedRun, folder: string, dataset: Dataset): Promise<FinishedRun | null> {
  if (!existsSync(join(folder, RUN_FILES.evaluation)) || !existsSync(join(folder, RUN_FILES.testScores))) return null;
  try {
    const identity = await readJson<{ settings: TrainingSettings; dataHash: string }>(folder, RUN_FILES.settings);
    const sameSettings = isDeepStrictEqual(identity.settings, JSON.parse(JSON.stringify(run.settings)));
    if (!sameSettings || identity.dataHash !== dataset.hash) throw differs(folder, "with other settings or data");
    return {
      ...run,
      folder,
      history: await readHistory(folder, Number.POSITIVE_INFINITY),
      evaluation: await readJson<RunEvaluation>(folder, RUN_FILES.evaluation),
      testScores: await readTestScores(folder, dataset),
    };
  } catch (error) {
    throw error instanceof MicronucleiError ? error : differs(folder, `unreadable (${describeError(error)})`);
  }
}

async function readTestScores(folder: string, dataset: Dataset): Promise<Float64Array> {
  const rows = parse(await readFile(join(folder, RUN_FILES.testScores)), { columns: true }) as Record<string, string>[];
  const probabilities = new Map(rows.map((row) => [row.file, Number(row.probability)]));
  const cells = testCells(dataset);
  const scores = Float64Array.from(cells, ({ file }) => probabilities.get(file) ?? Number.NaN);
  if (probabilities.size === cells.length && scores.every(Number.isFinite)) return scores;
  throw differs(folder, "with another split");
}

async function readJson<T>(folder: string, name: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, name), "utf8")) as T;
}

function differs(folder: string, how: string): TrainingError {
  return new TrainingError(
    "EXPERIMENT_RUN_DIFFERS",
    `The run in ${folder} was made ${how}. It is left as it is: delete it, or give the experiment another --out.`,
  );
}
