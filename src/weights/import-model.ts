import { basename } from "node:path";
import { UsageError, WeightsError } from "../core/errors.ts";
import { sha256OfFile } from "../core/files.ts";
import type { Weights } from "../engine/computation.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { encodeModel } from "../networks/model-file.ts";
import { type NetworkSettings, networkSettingsSchema } from "../networks/networks.ts";
import { stateDictOf } from "../networks/state-dict.ts";
import { storedNetwork } from "./model-network.ts";
import { listTensors, type NetworkWeights, readNetworkWeights, type Unfit } from "./network-weights.ts";
import { inspectWeightsFile } from "./read.ts";
import { fromFloat32, type NamedTensor, type TensorMap, toFloat32 } from "./tensor-file.ts";

export interface ImportRequest {
  readonly file: string;
  readonly network: NetworkSettings;
  /** The two classes in the order of the file's outputs. */
  readonly classes: readonly [string, string];
  readonly positiveClass: string;
  /** Version of this software, for the model's metadata. */
  readonly version: string;
}

export interface ImportedModel {
  /** The ONNX file. */
  readonly model: Uint8Array;
  readonly metadata: ModelMetadata;
  readonly weights: NetworkWeights;
}

/**
 * A checkpoint that was trained elsewhere as a model of ours. Our outputs are negative, positive class; where the file
 * has them the other way round, as torchvision's ImageFolder gives them for folders "mn" and "normal", the rows of its
 * last layer are exchanged, and the export exchanges them back.
 *
 * Throws WEIGHTS_CLASSES, WEIGHTS_INCOMPLETE and what readNetworkWeights throws.
 */
export async function importModel(request: ImportRequest): Promise<ImportedModel> {
  const { file, classes, positiveClass, version } = request;
  if (classes[0] === classes[1] || !classes.includes(positiveClass)) throw wrongClasses(classes, positiveClass);
  const network = await networkOf(file, request.network);
  const weights = await readNetworkWeights(file, network);
  if (weights.fit.unfit.length > 0) throw incomplete(file, network, weights.fit.unfit);
  const positiveFirst = classes[0] === positiveClass;
  const metadata: ModelMetadata = {
    version,
    network,
    classes: positiveFirst ? [classes[1], classes[0]] : [...classes],
    positive_class: positiveClass,
    operating_point: { threshold: 0.5, rule: "fixed", chosen_on: "nothing: the larger probability wins" },
    calibration: { method: "none", temperature: 1 },
    training: {
      imported_from: basename(file),
      sha256: await sha256OfFile(file),
      format: weights.format,
      outputs: classes,
      batches_tracked: countsOf(network, weights.tensors),
    },
    data_hash: "unknown: trained elsewhere",
    licences: weights.metadata.license === undefined ? [] : [weights.metadata.license],
    metrics: {},
  };
  const tensors = positiveFirst ? exchangeOutputs(network, weights.tensors) : weights.tensors;
  const numbers: Weights = new Map([...tensors].map(([name, tensor]) => [name, toFloat32(tensor)]));
  return { model: encodeModel({ network, weights: numbers, storage: "float32", metadata }), metadata, weights };
}

/** The settings that the file itself names for this network, as an export of ours does, under those asked for. */
async function networkOf(file: string, asked: NetworkSettings): Promise<NetworkSettings> {
  const stored = storedNetwork((await inspectWeightsFile(file)).metadata);
  return stored?.name === asked.name ? networkSettingsSchema.parse({ ...stored, ...asked }) : asked;
}

/** The same tensors with the two rows of the last layer, its weight and its bias, exchanged. */
export function exchangeOutputs(network: NetworkSettings, tensors: TensorMap): TensorMap {
  const lastLayer = stateDictOf(network)
    .filter(({ kind }) => kind === "parameter")
    .slice(-2);
  const exchanged = lastLayer.map(({ name, shape }): [string, NamedTensor] => {
    const numbers = toFloat32(tensors.get(name) as NamedTensor);
    const half = numbers.length / 2;
    const swapped = new Float32Array(numbers.length);
    swapped.set(numbers.subarray(half));
    swapped.set(numbers.subarray(0, half), half);
    return [name, fromFloat32(name, shape, swapped)];
  });
  return new Map([...tensors, ...exchanged]);
}

/** Batches that each normalisation has seen, for the way back: no computation needs them. */
function countsOf(network: NetworkSettings, tensors: TensorMap): Record<string, number> {
  const counters = stateDictOf(network).filter(({ kind, name }) => kind === "counter" && tensors.has(name));
  return Object.fromEntries(counters.map(({ name }) => [name, Number(toFloat32(tensors.get(name) as NamedTensor)[0])]));
}

function wrongClasses(classes: readonly string[], positiveClass: string): UsageError {
  return new UsageError(
    "WEIGHTS_CLASSES",
    `The classes "${classes.join('", "')}" with the positive class "${positiveClass}" cannot be used: two different ones are ` +
      `needed, in the order of the file's outputs, one of them positive, such as --classes normal,mn --positive mn.`,
  );
}

function incomplete(file: string, { name }: NetworkSettings, unfit: readonly Unfit[]): WeightsError {
  const missing = unfit.filter(({ found }) => found === null);
  const different = unfit.flatMap(({ found, ...wanted }) => (found === null ? [] : [{ ...wanted, found }]));
  const parts = [
    ...(missing.length === 0 ? [] : [`It lacks ${listTensors(missing)}.`]),
    ...different
      .slice(0, 4)
      .map(({ name: key, shape, found }) => `${key} is [${found.join(", ")}] and should be [${shape.join(", ")}].`),
  ];
  return new WeightsError(
    "WEIGHTS_INCOMPLETE",
    `${file} is not a whole network "${name}" of two classes. ${parts.join(" ")} "mn weights inspect" shows which ` +
      `network it fits; to start a training from what fits: mn train DATA --network ${name} --weights FILE.`,
  );
}
