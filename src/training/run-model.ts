import { basename } from "node:path";
import type { Dataset } from "../dataset/cell.ts";
import type { Parameter, Weights } from "../engine/computation.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import type { TrainingState } from "../engine/training-session.ts";
import { encodeModel } from "../networks/model-file.ts";
import type { TrainingSettings } from "./settings.ts";

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

/** The model of a training's present state, in full precision; its metadata name the data, the settings and the epoch. */
export function encodeRunModel(
  { settings, dataset, version }: ModelOrigin,
  parameters: readonly Parameter[],
  state: TrainingState,
  epoch: number,
): Uint8Array {
  const weights: Weights = new Map(parameters.map(({ name }) => [name, state.get(name) as Float32Array]));
  const metadata: ModelMetadata = {
    version,
    network: settings.network,
    classes: [...dataset.classes],
    positive_class: dataset.positiveClass,
    operating_point: UNCHOSEN_THRESHOLD,
    calibration: { method: "none", temperature: 1 },
    training: describeTraining(settings, epoch),
    data_hash: dataset.hash,
    licences: settings.licences,
    metrics: {},
  };
  return encodeModel({ network: settings.network, weights, storage: "float32", metadata, side: settings.side });
}

/** Settings and epoch; of the starting weights the file's name alone, since a model travels and folders do not. */
function describeTraining(settings: TrainingSettings, epoch: number): ModelMetadata["training"] {
  const { licences: _, weights, ...rest } = settings;
  return { ...rest, weights: weights === null ? null : basename(weights), epoch };
}
