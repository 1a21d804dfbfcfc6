import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TrainingError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import { collectGarbage } from "../core/garbage.ts";
import type { ReportProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import { WorkerThread } from "../core/worker-calls.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import type { Parameter } from "../engine/computation.ts";
import type { SessionOptions } from "../engine/session.ts";
import type { OperatingPointRule } from "../evaluation/operating-point.ts";
import type { CalibrationChoice } from "../evaluation/recalibration-choice.ts";
import { areaUnderRoc } from "../evaluation/roc.ts";
import { buildNetwork } from "../networks/networks.ts";
import { classifyImages, preparedBatches, type TrainingThreads } from "./batches.ts";
import { type Beginning, beginningOf, type StartingPoint } from "./beginning.ts";
import { describeCollapse } from "./collapse.ts";
import { type EpochImage, type PlanSettings, planEpoch, planValidation } from "./epoch-plan.ts";
import type { RunEvaluation } from "./finish.ts";
import { finishRun } from "./finish-run.ts";
import { type EpochRecord, readHistory, writeHistory } from "./history.ts";
import { type ImageStore, storeImages } from "./image-store.ts";
import { chooseMicroBatch } from "./micro-batch.ts";
import {
  checkRun,
  keepCandidate,
  RUN_FILES,
  requireUnused,
  START_POSITION,
  startRun,
  type TrainingPosition,
  writeRunFile,
} from "./run-folder.ts";
import { withRunLock } from "./run-lock.ts";
import { describeRunModel } from "./run-model.ts";
import { learningRateAt, type ScheduleSettings } from "./schedule.ts";
import type { TrainingSettings } from "./settings.ts";
import type { StartedFrom } from "./started-from.ts";
import { CAUTION, type Caution } from "./starting-weights.ts";
import type { Averaging, StepGraphs } from "./step-worker.ts";
import {
  buildAccumulationGraphs,
  buildTrainingGraph,
  type TrainedTensors,
  type TrainingGraphSettings,
} from "./training-graph.ts";

export interface TrainingRequest {
  readonly dataset: Dataset;
  readonly settings: TrainingSettings;
  /** Where the run's files go. */
  readonly runFolder: string;
  readonly resume: boolean;
  readonly session: SessionOptions & { readonly blockSize: 0 | 8 | 16 };
  /** Version of this software, for the run and the model. */
  readonly version: string;
  /** How the threshold is chosen on the validation cells. */
  readonly operatingPoint: OperatingPointRule;
  /** How probabilities are fitted to the validation cells; `auto` unless told. */
  readonly calibrate?: CalibrationChoice;
  /** Writes what was drawn for every image of an epoch into `augmentation/epoch-<n>.jsonl` of the run. */
  readonly logAugmentation?: boolean;
  readonly reportProgress: ReportProgress;
  readonly reportEpoch: (history: readonly EpochRecord[]) => Promise<void> | void;
  readonly message: (text: string) => void;
  /** Aborted: stop after the step under way with everything saved. */
  readonly signal: AbortSignal;
}

export interface TrainingOutcome {
  readonly finished: boolean;
  readonly history: readonly EpochRecord[];
  readonly best: TrainingPosition["best"];
  /** Null where the training was stopped before its end. */
  readonly evaluation: RunEvaluation | null;
}

/**
 * Trains a network on the `train` cells of a data set and keeps the model with the greatest validation ROC area
 * (Wei et al. 2022, "Training"). Everything that follows from the settings, the data and the seed has the same bytes,
 * whether or not the run was interrupted.
 *
 * Throws TrainingError: SPLIT_EMPTY, TRAINING_IMAGE_UNREADABLE, LOSS_NOT_FINITE, those of run-folder.ts and RUN_UNDER_WAY; for starting
 * weights what readNetworkWeights throws. Whatever was finished before stays on disk.
 */
export async function train(request: TrainingRequest): Promise<TrainingOutcome> {
  const { settings, runFolder } = request;
  const training = cellsOf(request.dataset, "train");
  const validation = cellsOf(request.dataset, "val");
  const identity = {
    settings,
    dataHash: request.dataset.hash,
    splitHash: splitHashOf(request.dataset),
    version: request.version,
  };
  if (request.resume) await checkRun(runFolder, identity);
  else await requireUnused(runFolder);
  return withRunLock(runFolder, async () => {
    // Before the images are decoded, which takes long: weights may be missing or not fit.
    const beginning = await beginningOf(request);
    const store = { path: join(runFolder, RUN_FILES.decodedImages), side: settings.side };
    try {
      const images = await storeImages([...training, ...validation], store, request.reportProgress);
      if (!request.resume) await startRun(runFolder, identity);
      const progress = await trainOnImages(request, beginning, images, { training, validation });
      const collapse = progress.finished ? describeCollapse(progress.history, settings) : null;
      if (collapse !== null) request.message(collapse);
      return { ...progress, evaluation: progress.finished ? await finishRun(request) : null };
    } finally {
      const temporary = [store.path, join(runFolder, RUN_FILES.candidate)].filter((path) => existsSync(path));
      await Promise.all(temporary.map((path) => rm(path)));
    }
  });
}

type TrainingCells = Readonly<Record<"training" | "validation", readonly Cell[]>>;

async function trainOnImages(
  request: TrainingRequest,
  { position, start }: Beginning,
  images: ImageStore,
  cells: TrainingCells,
): Promise<Omit<TrainingOutcome, "evaluation">> {
  const { settings } = request;
  const stream = new RandomStream(settings.seed);
  const { graphs, parameters, buffers, randomMasks } = chooseGraphs(request, CAUTION[position.origin]);
  const threads = openThreads();
  collectGarbage("major");
  try {
    await threads.preparation.call("load", images);
    const seed = `${settings.seed}/random masks`;
    const run = new TrainingRun(request, threads, stream, cells, position);
    const averaging = run.averaging([...parameters, ...buffers]);
    const moved =
      start.kind === "weights" ? [...start.weights.values()].map(({ buffer }) => buffer as ArrayBuffer) : [];
    const opening = { graphs, randomMasks, seed, start, averaging, options: request.session };
    await threads.step.call("open", opening, moved);
    const progress = await run.continueFrom(position);
    await threads.step.call("close", null);
    return progress;
  } finally {
    await Promise.all([threads.preparation.close(), threads.step.close()]);
  }
}

/** The graphs of a step: the whole batch at once where it fits into the memory limit, else in micro-batches. */
function chooseGraphs(request: TrainingRequest, caution: Caution): { readonly graphs: StepGraphs } & TrainedTensors {
  const { settings, session, message } = request;
  const graphSettings: TrainingGraphSettings = {
    network: (computation, image) => buildNetwork(computation, image, settings.network),
    batch: settings.batch,
    side: settings.side,
    input: "pixels",
    loss: { gamma: settings.loss.gamma, classWeights: null },
    optimiser: settings.optimiser,
    clipNorm: settings.clipNorm === undefined ? caution.greatestNorm : settings.clipNorm,
    blockSize: session.blockSize,
  };
  const { images, estimatedMegabytes } =
    settings.microBatch === undefined
      ? chooseMicroBatch(graphSettings, settings.memoryLimitMegabytes)
      : { images: settings.microBatch, estimatedMegabytes: null };
  if (images === settings.batch) {
    const { model, states, ...tensors } = buildTrainingGraph(graphSettings);
    return { graphs: { kind: "whole", model, states }, ...tensors };
  }
  message(
    `A batch of ${settings.batch} is computed in parts of ${images} ${images === 1 ? "image" : "images"}` +
      (estimatedMegabytes === null
        ? "."
        : `, about ${estimatedMegabytes} MB at once (limit ${settings.memoryLimitMegabytes} MB).`),
  );
  const { graphs, ...tensors } = buildAccumulationGraphs({ ...graphSettings, batch: images });
  return { graphs: { kind: "accumulating", graphs }, ...tensors };
}

/** Names the split: SHA-256 over the pairs of file and split. */
function splitHashOf({ cells }: Dataset): string {
  return sha256(
    cells
      .map(({ file, split }) => `${file}\t${split ?? ""}\n`)
      .sort()
      .join(""),
  );
}

function openThreads(): TrainingThreads {
  return {
    preparation: new WorkerThread("./preparation-worker", import.meta.url),
    step: new WorkerThread("./step-worker", import.meta.url),
    free: [],
  };
}

function cellsOf(dataset: Dataset, split: "train" | "val"): Cell[] {
  const cells = dataset.cells.filter((cell) => cell.split === split);
  const positives = cells.filter(({ label }) => label === dataset.positiveClass).length;
  if (positives > 0 && positives < cells.length) return cells;
  throw new TrainingError(
    "SPLIT_EMPTY",
    `The "${split}" cells of ${dataset.source} are ${cells.length}, ${positives} of them "${dataset.positiveClass}" and ` +
      `${cells.length - positives} "${dataset.classes[0]}"; both classes are needed. Split the data with "mn dataset import".`,
  );
}

/** The part of a training that goes from step to step. */
class TrainingRun {
  readonly #request: TrainingRequest;
  readonly #threads: TrainingThreads;
  readonly #stream: RandomStream;
  readonly #training: readonly Cell[];
  readonly #planSettings: PlanSettings;
  readonly #validationImages: readonly EpochImage[];
  readonly #schedule: ScheduleSettings;
  readonly #stepsPerEpoch: number;
  readonly #startedFrom: StartedFrom | null;

  constructor(
    request: TrainingRequest,
    threads: TrainingThreads,
    stream: RandomStream,
    { training, validation }: TrainingCells,
    { origin, startedFrom }: StartingPoint,
  ) {
    const caution = CAUTION[origin];
    this.#startedFrom = startedFrom;
    const { settings, dataset } = request;
    this.#request = request;
    this.#threads = threads;
    this.#stream = stream;
    this.#training = training;
    const { augmentation, balance, balanceWithin, batch, schedule } = settings;
    const { positiveClass } = dataset;
    this.#planSettings = { augmentation, balanced: balance !== "none", balanceWithin, positiveClass };
    const validationSettings = { augmentation, balanced: balance === "tvad", balanceWithin, positiveClass };
    this.#validationImages = planValidation(validation, validationSettings, stream).map((image) => ({
      ...image,
      index: image.index + training.length,
    }));
    this.#stepsPerEpoch = Math.ceil(this.#planOf(0).length / batch);
    this.#schedule = {
      ...schedule,
      warmUpSteps: schedule.warmUpSteps ?? caution.warmUpEpochs * this.#stepsPerEpoch,
      leastSteps: schedule.leastSteps ?? caution.leastSteps,
    };
    this.#warnOfFewSteps(caution);
  }

  /** What the model is averaged over, or null. */
  averaging(tensors: readonly Parameter[]): Averaging | null {
    const { averageEpochs } = this.#request.settings;
    if (averageEpochs === undefined) return null;
    return { names: tensors.map(({ name }) => name), steps: Math.round(averageEpochs * this.#stepsPerEpoch) };
  }

  #warnOfFewSteps({ leastSteps }: Caution): void {
    const { settings, message } = this.#request;
    const steps = settings.epochs * this.#stepsPerEpoch;
    if (leastSteps === 0 || settings.schedule.leastSteps !== undefined || steps > leastSteps) return;
    message(
      `${settings.epochs} epochs of this data are ${steps} steps. From random weights a network needs about ` +
        `${leastSteps} before the learning rate falls, so it will not fall here: train for at least ` +
        `${Math.ceil((1.5 * leastSteps) / this.#stepsPerEpoch)} epochs, or start with --weights.`,
    );
  }

  async continueFrom(start: TrainingPosition): Promise<Omit<TrainingOutcome, "evaluation">> {
    const { settings, runFolder, signal } = this.#request;
    let position = start;
    let history = await readHistory(runFolder, position.epoch);
    while (position.epoch < settings.epochs) {
      const started = performance.now();
      const firstStep = position.stepInEpoch;
      position = await this.#trainEpoch(position, history);
      if (signal.aborted && position.stepInEpoch < this.#stepsPerEpoch) {
        await this.#threads.step.call("saveCheckpoint", { runFolder, position });
        return { finished: false, history, best: position.best };
      }
      const seconds = (performance.now() - started) / 1000;
      const speed = ((this.#stepsPerEpoch - firstStep) * settings.batch) / seconds;
      [position, history] = await this.#finishEpoch(position, history, seconds, speed);
      if (signal.aborted) break;
    }
    return { finished: position.epoch >= settings.epochs, history, best: position.best };
  }

  #planOf(epoch: number): EpochImage[] {
    return planEpoch(this.#training, this.#planSettings, this.#stream, epoch);
  }

  async #trainEpoch(start: TrainingPosition, history: readonly EpochRecord[]): Promise<TrainingPosition> {
    const { settings, signal } = this.#request;
    const plan = this.#planOf(start.epoch);
    if (this.#request.logAugmentation) await this.#logAugmentation(plan, start.epoch + 1);
    const rest = plan.slice(start.stepInEpoch * settings.batch);
    let position = start;
    // What the last epoch left behind need not lie beside this one.
    collectGarbage("major");
    for await (const { images, pixels } of preparedBatches(this.#threads, rest, settings.batch)) {
      const slots = Array.from({ length: settings.batch }, (_, slot) => images[slot]);
      const { loss, buffer } = await this.#threads.step.call(
        "step",
        {
          pixels,
          side: settings.side,
          classes: slots.map((image) => (image?.positive ? 1 : 0)),
          sampleWeights: slots.map((image) => (image === undefined ? 0 : 1 / images.length)),
          learningRate: this.#learningRate(position),
          step: position.steps + 1,
        },
        [pixels.buffer],
      );
      this.#threads.free.push(buffer);
      if (!Number.isFinite(loss)) throw lossNotFinite(loss, position);
      position = {
        ...position,
        stepInEpoch: position.stepInEpoch + 1,
        steps: position.steps + 1,
        lossSum: position.lossSum + loss * images.length,
        imagesSeen: position.imagesSeen + images.length,
      };
      this.#report(position, history);
      if (signal.aborted) return position;
    }
    return position;
  }

  /** One line an image in the order in which they are shown: its file, its class, and its parameters or null. */
  async #logAugmentation(plan: readonly EpochImage[], epoch: number): Promise<void> {
    const lines = plan.map(({ index, positive, augmentation }) =>
      JSON.stringify({ file: this.#training[index]?.file, positive, augmentation }),
    );
    const name = `augmentation/epoch-${String(epoch).padStart(3, "0")}.jsonl`;
    await writeRunFile(this.#request.runFolder, name, `${lines.join("\n")}\n`);
  }

  #learningRate({ epoch, steps }: TrainingPosition): number {
    return learningRateAt(this.#schedule, epoch, steps, this.#stepsPerEpoch);
  }

  /** Validates, keeps the model where it is the best so far, writes history and checkpoint. */
  async #finishEpoch(
    position: TrainingPosition,
    history: readonly EpochRecord[],
    seconds: number,
    imagesPerSecond: number,
  ): Promise<[TrainingPosition, EpochRecord[]]> {
    const { runFolder, settings } = this.#request;
    const epoch = position.epoch + 1;
    const { loss, auc, kept } = await this.#validateModel(epoch, position.best);
    const record: EpochRecord = {
      epoch,
      learningRate: this.#learningRate({ ...position, steps: position.steps - 1 }),
      trainingLoss: position.lossSum / position.imagesSeen,
      validationLoss: loss,
      validationAuc: auc,
      imagesPerSecond,
      seconds,
      kept,
    };
    const renewed: TrainingPosition = {
      ...position,
      ...START_POSITION,
      epoch,
      steps: position.steps,
      best: kept ? { epoch, auc } : position.best,
    };
    const records = [...history, record];
    await writeHistory(runFolder, records);
    await this.#threads.step.call("saveCheckpoint", { runFolder, position: renewed });
    await this.#request.reportEpoch(records);
    this.#report(renewed, records);
    this.#request.message(
      `Epoch ${epoch} of ${settings.epochs}: training loss ${record.trainingLoss.toFixed(4)}, validation loss ` +
        `${loss.toFixed(4)}, validation AUC ${auc.toFixed(4)}${kept ? " (kept)" : ""}, ${imagesPerSecond.toFixed(0)} images/s.`,
    );
    return [renewed, records];
  }

  /** Measures the model of the present weights on the validation images, and keeps it where it is the best so far. */
  async #validateModel(epoch: number, best: TrainingPosition["best"]) {
    const { loss, auc } = await this.#validate(epoch);
    const kept = best === null || auc > best.auc;
    if (kept) await keepCandidate(this.#request.runFolder);
    return { loss, auc, kept };
  }

  async #validate(epoch: number): Promise<{ loss: number; auc: number }> {
    const { runFolder, settings } = this.#request;
    const { network, side, loss } = settings;
    const images = this.#validationImages;
    const metadata = describeRunModel(this.#request, this.#startedFrom, epoch);
    const candidate = { runFolder, network, side, metadata };
    const { probabilities, logits } = await classifyImages(this.#threads, candidate, images, side);
    const positives = images.map(({ positive }) => positive);
    const losses = positives.map((positive, index) => {
      const margin = (positive ? 1 : -1) * (logits[index] as number);
      return focalLossOfMargin(margin, loss.gamma);
    });
    const mean = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    return { loss: mean, auc: areaUnderRoc(probabilities, positives) };
  }

  #report(position: TrainingPosition, history: readonly EpochRecord[]): void {
    const { settings, reportProgress } = this.#request;
    const last = history.at(-1);
    const details = [
      `epoch ${Math.min(position.epoch + 1, settings.epochs)} of ${settings.epochs}`,
      ...(position.imagesSeen > 0 ? [`loss ${(position.lossSum / position.imagesSeen).toFixed(4)}`] : []),
      ...(last === undefined
        ? []
        : [`AUC ${last.validationAuc.toFixed(4)}`, `${last.imagesPerSecond.toFixed(0)} images/s`]),
    ];
    reportProgress({
      stage: "Training",
      done: position.epoch * this.#stepsPerEpoch + position.stepInEpoch,
      total: settings.epochs * this.#stepsPerEpoch,
      detail: details.join(", "),
    });
  }
}

/** Focal loss of two classes from the margin m = z_target - z_other: p = 1 / (1 + e^-m), (1 - p)^gamma log(1 + e^-m). */
export function focalLossOfMargin(margin: number, gamma: number): number {
  const surprise = margin > 0 ? Math.log1p(Math.exp(-margin)) : Math.log1p(Math.exp(margin)) - margin;
  return (1 - Math.exp(-surprise)) ** gamma * surprise;
}

function lossNotFinite(loss: number, { epoch, stepInEpoch }: TrainingPosition): TrainingError {
  return new TrainingError(
    "LOSS_NOT_FINITE",
    `The loss became ${loss} in epoch ${epoch + 1}, step ${stepInEpoch + 1}: the training diverged. The last finished ` +
      `epoch is kept. Start anew with a lower --learning-rate (a tenth, say) or a lower --clip-norm (1, say).`,
  );
}
