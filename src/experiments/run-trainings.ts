import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describeError, MicronucleiError, TrainingError } from "../core/errors.ts";
import { sha256OfFile } from "../core/files.ts";
import type { Dataset, Split } from "../dataset/cell.ts";
import type { RunEvaluation } from "../training/finish.ts";
import { type EpochRecord, readHistory } from "../training/history.ts";
import type { TrainingRequest } from "../training/request.ts";
import { describeDifferences, RUN_FILES, type RunIdentity } from "../training/run-folder.ts";
import { IMAGENET, type TrainingSettings } from "../training/settings.ts";
import { train } from "../training/train.ts";
import { estimateSecondsLeft } from "./time-left.ts";

/** One training of several. */
export interface PlannedTraining {
  /** As messages call it. */
  readonly title: string;
  /** Of its run folder. */
  readonly folderName: string;
  readonly settings: TrainingSettings;
  /** With its split. */
  readonly dataset: Dataset;
}

/** What a finished training left in its run folder. */
export interface TrainingResult {
  readonly folder: string;
  /** Made or gone on with now, not found finished. */
  readonly isNew: boolean;
  readonly history: readonly EpochRecord[];
  /** That it took: from start to end where all of it was made now, else the sum of its epochs. */
  readonly seconds: number;
  readonly evaluation: RunEvaluation;
  /** Probabilities of the test cells, in the order of the data; none where the data has no test cells. */
  readonly testScores: Float64Array;
}

/** Why a training could not be finished. */
export interface TrainingFailure {
  readonly code: string;
  readonly message: string;
}

/** Where the trainings stand: finished, failed, and those not begun or not finished. */
export interface Trainings<Planned extends PlannedTraining> {
  readonly finished: readonly (Planned & TrainingResult)[];
  readonly failed: readonly (Planned & TrainingFailure)[];
  readonly left: readonly Planned[];
  /** Estimated from those finished; null before the first. */
  readonly secondsLeft: number | null;
}

export interface TrainingsRequest<Planned extends PlannedTraining>
  extends Pick<TrainingRequest, "session" | "version" | "fileOfWeights" | "message" | "signal" | "reportProgress"> {
  /** Run folders go below it. */
  readonly folder: string;
  /** Told before the first training and after each. */
  readonly reportTrainings: (state: Trainings<Planned>) => Promise<void> | void;
}

/**
 * Makes the trainings one after the other. A finished one of the same settings and data is taken as it is, an unfinished one is
 * gone on with; a training that fails is noted, and the others go on.
 */
export async function runTrainings<Planned extends PlannedTraining>(
  trainings: readonly Planned[],
  request: TrainingsRequest<Planned>,
): Promise<Trainings<Planned>> {
  const finished: (Planned & TrainingResult)[] = [];
  const failed: (Planned & TrainingFailure)[] = [];
  const stateBefore = (index: number): Trainings<Planned> => {
    const left = trainings.slice(index);
    return { finished: [...finished], failed: [...failed], left, secondsLeft: estimateSecondsLeft(finished, left) };
  };
  await fetchAllWeights(trainings, request);
  for (const [index, training] of trainings.entries()) {
    await request.reportTrainings(stateBefore(index));
    if (request.signal.aborted) return stateBefore(index);
    const name = `${training.title} (${index + 1} of ${trainings.length})`;
    try {
      const result = await makeTraining(training, request, name);
      if (result === null) return stateBefore(index);
      finished.push({ ...training, ...result });
    } catch (error) {
      if (!(error instanceof MicronucleiError)) throw error;
      request.message(`${name} failed: ${error.message}`);
      failed.push({ ...training, code: error.code, message: error.message });
    }
  }
  await request.reportTrainings(stateBefore(trainings.length));
  return stateBefore(trainings.length);
}

/** Before hours of training: without a connection the last of them would not begin either. */
async function fetchAllWeights(
  trainings: readonly PlannedTraining[],
  { folder, fileOfWeights }: TrainingsRequest<never>,
): Promise<void> {
  const unfinished = trainings.filter(({ folderName }) => !isFinished(join(folder, folderName)));
  for (const { settings } of unfinished) await fileOfWeights?.(settings);
}

/** Null where it was stopped before its end. */
async function makeTraining<Planned extends PlannedTraining>(
  { folderName, settings, dataset }: Planned,
  request: TrainingsRequest<Planned>,
  name: string,
): Promise<TrainingResult | null> {
  const folder = join(request.folder, folderName);
  const known = await readResult(folder, settings, dataset);
  if (known !== null) {
    request.message(`${name}: finished before, in ${folder}.`);
    return known;
  }
  request.message(`${name}: training in ${folder}.`);
  const started = performance.now();
  const isFromStart = !existsSync(join(folder, RUN_FILES.settings));
  const { finished } = await train({
    dataset,
    settings,
    runFolder: folder,
    resume: !isFromStart,
    session: request.session,
    version: request.version,
    ...(request.fileOfWeights && { fileOfWeights: request.fileOfWeights }),
    operatingPoint: { rule: "highest-f1" },
    reportProgress: (progress) => request.reportProgress({ ...progress, stage: `${name}: ${progress.stage}` }),
    reportEpoch: () => {},
    message: request.message,
    signal: request.signal,
  });
  const result = finished ? await readResult(folder, settings, dataset) : null;
  if (result === null) return null;
  const seconds = isFromStart ? (performance.now() - started) / 1000 : result.seconds;
  return { ...result, seconds, isNew: true };
}

/** Whether a run folder holds a finished training; of which settings and data is not asked. */
export function isFinished(folder: string): boolean {
  return existsSync(join(folder, RUN_FILES.evaluation));
}

/** What is in `folder`, or null where there is no run or it is not finished. Throws EXPERIMENT_RUN_DIFFERS. */
async function readResult(
  folder: string,
  settings: TrainingSettings,
  dataset: Dataset,
): Promise<TrainingResult | null> {
  if (!isFinished(folder)) return null;
  try {
    const wanted = { settings, dataHash: dataset.hash, ...(await presentWeightsHash(settings)) };
    const differences = describeDifferences(await readJson<RunIdentity>(folder, RUN_FILES.settings), wanted);
    if (differences.length > 0) throw differs(folder, `otherwise: ${differences.join("; ")}`);
    await readScores(folder, dataset, "val");
    const history = await readHistory(folder, Number.POSITIVE_INFINITY);
    return {
      folder,
      isNew: false,
      history,
      seconds: history.reduce((sum, { seconds }) => sum + seconds, 0),
      evaluation: await readJson<RunEvaluation>(folder, RUN_FILES.evaluation),
      testScores: await readScores(folder, dataset, "test"),
    };
  } catch (error) {
    throw error instanceof MicronucleiError ? error : differs(folder, `unreadable (${describeError(error)})`);
  }
}

/** Nothing where it cannot be told: the file, which is needed for nothing else, may be gone. What "imagenet" names does not change. */
async function presentWeightsHash({ weights }: TrainingSettings): Promise<Pick<RunIdentity, "weightsHash">> {
  if (weights === null || weights === IMAGENET || !existsSync(weights)) return {};
  return { weightsHash: await sha256OfFile(weights) };
}

const SCORES_OF = { val: RUN_FILES.validationScores, test: RUN_FILES.testScores } as const;

/** The probabilities of a split's cells in the order of the data. Throws EXPERIMENT_RUN_DIFFERS where the run had other cells there. */
async function readScores(folder: string, dataset: Dataset, split: Exclude<Split, "train">): Promise<Float64Array> {
  const cells = dataset.cells.filter((cell) => cell.split === split);
  const file = join(folder, SCORES_OF[split]);
  const text = existsSync(file) ? await readFile(file) : "";
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const probabilities = new Map(rows.map((row) => [row.file, Number(row.probability)]));
  const scores = Float64Array.from(cells, ({ file: name }) => probabilities.get(name) ?? Number.NaN);
  if (probabilities.size === cells.length && scores.every(Number.isFinite)) return scores;
  throw differs(folder, "with another split");
}

async function readJson<T>(folder: string, name: string): Promise<T> {
  return JSON.parse(await readFile(join(folder, name), "utf8")) as T;
}

function differs(folder: string, how: string): TrainingError {
  return new TrainingError(
    "EXPERIMENT_RUN_DIFFERS",
    `The run in ${folder} was made ${how}. It is left as it is: delete it, or give another --out.`,
  );
}
