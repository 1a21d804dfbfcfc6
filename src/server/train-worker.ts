import { availableParallelism } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";
import type { Progress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import { type Cell, type Dataset, SPLITS } from "../dataset/cell.ts";
import { datasetHash } from "../dataset/load-dataset.ts";
import { selectDevice } from "../engine/devices.ts";
import { summariseEvaluation } from "../evaluation/summarise-evaluation.ts";
import { readModel } from "../scoring/model.ts";
import type { EpochRecord } from "../training/history.ts";
import { parseTrainingSettings, type TrainingSettings } from "../training/settings.ts";
import { train } from "../training/train.ts";
import { networkOfModel } from "../weights/model-network.ts";
import type { LabelledCell } from "./labelled-cells.ts";
import { CARD_FILE, writeCard } from "./model-description.ts";
import { TRAINING_FILE } from "./model-shelf.ts";
import { serveTask } from "./thread-task.ts";
import type { TrainingRecord } from "./training-record.ts";
import { intervalUnits, splitLabelledCells, type TrainingSplit } from "./training-split.ts";

export interface TrainRequest {
  readonly runFolder: string;
  readonly cells: readonly LabelledCell[];
  readonly earlier: { readonly heldOut: readonly string[]; readonly seen: readonly string[] };
  /** Path of the model that gives the first weights, and the pictures that it has seen. */
  readonly startFrom: { readonly path: string; readonly seen: readonly string[] };
  readonly epochs: number;
  readonly seed: number;
  readonly version: string;
  /** For the card and the record; the rest of it is known only after the cells were divided. */
  readonly record: Pick<TrainingRecord, "name" | "studyIds" | "startFrom" | "by" | "at">;
  readonly studies: readonly string[];
}

export type TrainEvent = { readonly progress: Progress } | { readonly epochs: readonly EpochRecord[] };

/** Few cells make few steps an epoch: then smaller batches. */
const [SMALL_BATCH, BATCH, CELLS_FOR_BATCH] = [8, 32, 256];
/** Weights that know micronuclei already are only adjusted. */
const LEARNING_RATE = 0.003;
/** The rate falls to a tenth twice in a training. */
const DECAYS = 2;

/** `classes`: those of the first model, so that its last layer keeps its meaning. */
function datasetOf(
  cells: readonly LabelledCell[],
  { splitOf }: TrainingSplit,
  classes: readonly [negative: string, positive: string],
): Dataset {
  const used = SPLITS.flatMap((split) => {
    const members = cells.filter((cell) => splitOf.get(cell) === split);
    const fields = intervalUnits(members);
    return members.map((cell, index): Cell => {
      const file = `cell ${cell.id}`;
      const field = fields[index] ?? null;
      return {
        ...{ file, path: cell.path, split, sha256: cell.picture, columns: { file, split } },
        label: classes[cell.positive ? 1 : 0],
        ...(field !== null && { field }),
      };
    });
  });
  return {
    source: "cells labelled in the review application",
    cells: used,
    leftOut: [],
    classes,
    positiveClass: classes[1],
    hash: datasetHash(used.map(({ sha256 = "", label = "" }) => ({ sha256, label }))),
  };
}

function settingsOf(
  { epochs, seed, startFrom }: TrainRequest,
  metadata: Awaited<ReturnType<typeof readModel>>["metadata"],
  { cells }: Dataset,
): TrainingSettings {
  const { side } = metadata.training;
  const settings = {
    network: networkOfModel(metadata.network),
    ...(typeof side === "number" && { side }),
    epochs,
    seed,
    batch: cells.length < CELLS_FOR_BATCH ? SMALL_BATCH : BATCH,
    schedule: { learningRate: LEARNING_RATE, everyEpochs: Math.ceil(epochs / (DECAYS + 1)) },
    augmentation: "online",
    storage: "float16",
    weights: startFrom.path,
  };
  return parseTrainingSettings(settings, "the review application");
}

function recordOf({ record, cells, startFrom }: TrainRequest, { unit, splitOf }: TrainingSplit): TrainingRecord {
  const pictures = (wanted: (split: string | undefined) => boolean) =>
    cells.filter((cell) => wanted(splitOf.get(cell))).map(({ picture }) => picture);
  return {
    ...record,
    groupedBy: unit,
    labelled: cells.length,
    positives: cells.filter(({ positive }) => positive).length,
    seen: [...new Set([...startFrom.seen, ...pictures((split) => split === "train" || split === "val")])],
    heldOut: pictures((split) => split === "test"),
  };
}

await serveTask<TrainRequest, TrainEvent, { finished: boolean }>(async (request, { signal, tell }) => {
  const { cells, runFolder, version, seed } = request;
  const earlier = { heldOut: new Set(request.earlier.heldOut), seen: new Set(request.earlier.seen) };
  const split = splitLabelledCells(cells, earlier, new RandomStream(seed).fork("held out"));
  const model = await readModel(request.startFrom.path);
  const dataset = datasetOf(cells, split, model.metadata.classes);
  const { device, blockSize } = await selectDevice("auto", () => {});
  const { finished, evaluation } = await train({
    dataset,
    settings: settingsOf(request, model.metadata, dataset),
    runFolder,
    resume: false,
    // One core stays free for those who review meanwhile.
    session: { device, blockSize, threads: Math.max(1, availableParallelism() - 1) },
    version,
    operatingPoint: { rule: "highest-f1" },
    reportProgress: (progress) => tell({ progress }),
    reportEpoch: (epochs) => tell({ epochs }),
    message: () => {},
    signal,
  });
  if (!finished || evaluation === null) return { finished: false };
  const record = recordOf(request, split);
  const measured = summariseEvaluation(evaluation.test ?? evaluation.validation);
  await writeFileAtomically(join(runFolder, TRAINING_FILE), `${JSON.stringify(record)}\n`);
  await writeFileAtomically(join(runFolder, CARD_FILE), writeCard(record, request.studies, measured));
  return { finished: true };
});
