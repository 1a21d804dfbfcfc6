import { basename } from "node:path";
import type { Dataset } from "../dataset/cell.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import type { TrainingSettings } from "./settings.ts";
import type { StartedFrom } from "./started-from.ts";

/** Before an operating point is chosen, a cell is called by the larger probability. */
const UNCHOSEN_THRESHOLD = {
  threshold: 0.5,
  rule: "fixed",
  chosen_on: "nothing: the larger probability wins",
} as const;

export interface ModelOrigin {
  readonly settings: TrainingSettings;
  readonly dataset: Dataset;
  readonly version: string;
}

/** What the model of a training's present state says of itself: data, settings, epoch, and the weights that it started from. */
export function describeRunModel(
  { settings, dataset, version }: ModelOrigin,
  startedFrom: StartedFrom | null,
  epoch: number,
): ModelMetadata {
  return {
    version,
    network: settings.network,
    classes: [...dataset.classes],
    positive_class: dataset.positiveClass,
    operating_point: UNCHOSEN_THRESHOLD,
    calibration: { method: "none", temperature: 1 },
    training: describeTraining(settings, startedFrom, epoch),
    data_hash: dataset.hash,
    licences: [...new Set([...settings.licences, ...(startedFrom?.licences ?? [])])],
    metrics: {},
  };
}

/** Settings and epoch; of the starting weights the file's name alone, since a model travels and folders do not. */
function describeTraining(
  settings: TrainingSettings,
  startedFrom: StartedFrom | null,
  epoch: number,
): ModelMetadata["training"] {
  const { licences: _, weights, ...rest } = settings;
  const described = { ...rest, weights: weights === null ? null : basename(weights), epoch };
  if (startedFrom === null) return described;
  const { licences: __, ...earlier } = startedFrom;
  return { ...described, startedFrom: earlier };
}
