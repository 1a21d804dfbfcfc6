import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { TrainingError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import { collectGarbage } from "../core/garbage.ts";
import { RandomStream } from "../core/random.ts";
import { WorkerThread } from "../core/worker-calls.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { buildNetwork } from "../networks/networks.ts";
import type { TrainingThreads } from "./batches.ts";
import { type Beginning, beginningOf } from "./beginning.ts";
import { describeCollapse } from "./collapse.ts";
import { finishRun } from "./finish-run.ts";
import { type ImageStore, storeImages } from "./image-store.ts";
import { chooseMicroBatch } from "./micro-batch.ts";
import type { TrainingOutcome, TrainingRequest } from "./request.ts";
import { checkRun, RUN_FILES, requireUnused, startRun } from "./run-folder.ts";
import { withRunLock } from "./run-lock.ts";
import { CAUTION, type Caution } from "./starting-weights.ts";
import type { StepGraphs } from "./step-worker.ts";
import {
  buildAccumulationGraphs,
  buildTrainingGraph,
  type TrainedTensors,
  type TrainingGraphSettings,
} from "./training-graph.ts";
import { type TrainingCells, TrainingRun } from "./training-run.ts";

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
    const weightsHash = beginning.position.startedFrom?.sha256 ?? null;
    if (request.resume) await checkRun(runFolder, { weightsHash });
    const store = { path: join(runFolder, RUN_FILES.decodedImages), side: settings.side };
    try {
      const images = await storeImages([...training, ...validation], store, request.reportProgress);
      if (!request.resume) await startRun(runFolder, { ...identity, weightsHash });
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
