import { decodeModelMetadata, type ModelMetadata } from "../engine/model-metadata.ts";
import type { NetworkSettings } from "../networks/networks.ts";
import { type StateEntry, stateDictOf, torchvisionKey } from "../networks/state-dict.ts";
import { exchangeOutputs } from "./import-model.ts";
import { networkMetadata, networkOfModel } from "./model-network.ts";
import { readWeightsFile } from "./read.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { fromFloat32, type NamedTensor, type TensorMap, toFloat32 } from "./tensor-file.ts";

/** "torchvision": its names for the layers that it has too; "own": those of the network's own state_dict. */
export type KeyStyle = "torchvision" | "own";

export interface ExportedWeights {
  readonly network: NetworkSettings;
  /** PyTorch's state_dict, in its order, as a safetensors file. */
  readonly file: Uint8Array;
  readonly tensors: readonly NamedTensor[];
}

/**
 * A model of ours as PyTorch's state_dict: float32, outputs in the order of the file that it was imported from, else
 * negative, positive class; counts of batches as they were imported, else 0.
 *
 * Throws NETWORK_UNREADABLE, MODEL_METADATA, and what readWeightsFile throws.
 */
export async function exportModel(path: string, keys: KeyStyle): Promise<ExportedWeights> {
  const { tensors: stored, metadata: properties } = await readWeightsFile(path);
  const metadata = decodeModelMetadata(properties);
  const network = networkOfModel(metadata.network);
  const given = outputsExchanged(metadata) ? exchangeOutputs(network, stored) : stored;
  const counts = (metadata.training.batches_tracked ?? {}) as Readonly<Record<string, number>>;
  const tensors = stateDictOf(network).map((entry) => ({
    ...stateTensor(entry, given, counts[entry.name] ?? 0),
    name: keys === "own" ? entry.name : torchvisionKey(network.name, entry.name),
  }));
  const file = encodeSafetensors(tensors, {
    // What PyTorch's readers of safetensors look for.
    format: "pt",
    ...networkMetadata(network),
    classes: JSON.stringify(metadata.training.outputs ?? metadata.classes),
    positive_class: metadata.positive_class,
    ...(metadata.licences.length === 0 ? {} : { license: metadata.licences.join("\n") }),
  });
  return { network, file, tensors };
}

function stateTensor({ name, shape, kind }: StateEntry, stored: TensorMap, count: number): NamedTensor {
  if (kind === "counter") {
    return { name, shape, type: "int64", data: new Uint8Array(BigInt64Array.of(BigInt(count)).buffer) };
  }
  const tensor = stored.get(name);
  if (tensor === undefined) throw new Error(`The model lacks ${name}, which its network has.`);
  return fromFloat32(name, shape, toFloat32(tensor));
}

function outputsExchanged({ classes, training }: ModelMetadata): boolean {
  return Array.isArray(training.outputs) && training.outputs[0] === classes[1];
}
