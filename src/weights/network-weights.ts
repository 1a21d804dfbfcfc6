import { WeightsError } from "../core/errors.ts";
import { NETWORK_NAMES, type NetworkName, type NetworkSettings } from "../networks/networks.ts";
import { ownKey, type StateEntry, stateDictOf } from "../networks/state-dict.ts";
import { inspectWeightsFile, readWeightsFile, type WeightsFile } from "./read.ts";
import { elementCount, type NamedTensor, type TensorEntry, type TensorMap } from "./tensor-file.ts";

/** A tensor that a network wants and a file does not have in its shape. */
export interface Unfit {
  readonly name: string;
  readonly shape: readonly number[];
  /** The shape that the file has under this name; null: it has no such tensor. */
  readonly found: readonly number[] | null;
}

/** How the tensors of a file fit a network. Counts of batches, which no computation needs, are left out. */
export interface NetworkFit {
  readonly network: NetworkName;
  /** Names in the network of the tensors that fit. */
  readonly fitting: readonly string[];
  readonly unfit: readonly Unfit[];
  /** Names in the file of the tensors for which the network has no place. */
  readonly unused: readonly string[];
  /** Share of the network's numbers that the file has, 0 to 1. */
  readonly share: number;
}

/** How training scripts name the network's layers that they ran on several graphics cards. */
const PARALLEL_BEGINNING = "module.";

/** The name in the network of a tensor under its own name or torchvision's. */
function nameInNetwork(network: NetworkName, name: string): string {
  return ownKey(network, name.startsWith(PARALLEL_BEGINNING) ? name.slice(PARALLEL_BEGINNING.length) : name);
}

/** How tensors, by name and shape alone, fit a network. */
export function fitNetwork(tensors: Iterable<TensorEntry>, settings: NetworkSettings): NetworkFit {
  const network = settings.name;
  const wanted = new Map(stateDictOf(settings).map((entry) => [entry.name, entry]));
  const given = new Map<string, TensorEntry>();
  const unused: string[] = [];
  for (const tensor of tensors) {
    const name = nameInNetwork(network, tensor.name);
    if (wanted.has(name)) given.set(name, tensor);
    else unused.push(tensor.name);
  }
  const needed = [...wanted.values()].filter(({ kind }) => kind !== "counter");
  const fits = ({ name, shape }: StateEntry) => given.get(name)?.shape.join() === shape.join();
  const numbers = (entries: readonly StateEntry[]) => entries.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const fitting = needed.filter(fits);
  const unfit = needed.filter((entry) => !fits(entry));
  return {
    network,
    fitting: fitting.map(({ name }) => name),
    unfit: unfit.map(({ name, shape }) => ({ name, shape, found: given.get(name)?.shape ?? null })),
    unused,
    share: numbers(fitting) / numbers(needed),
  };
}

/** How tensors fit every network of which they have at least one tensor, best first. */
export function fitEveryNetwork(tensors: readonly TensorEntry[]): NetworkFit[] {
  return NETWORK_NAMES.map((name) => fitNetwork(tensors, { name }))
    .filter(({ fitting }) => fitting.length > 0)
    .sort((one, other) => other.share - one.share || one.unused.length - other.unused.length);
}

export interface NetworkWeights extends Omit<WeightsFile, "tensors"> {
  /** Those that fit, under the network's own names. */
  readonly tensors: TensorMap;
  readonly fit: NetworkFit;
}

/**
 * The tensors of a file that fit a network by name (its own or torchvision's) and shape; others are not read.
 *
 * Throws what `readWeightsFile` throws, and WEIGHTS_DO_NOT_FIT where not one tensor fits.
 */
export async function readNetworkWeights(path: string, settings: NetworkSettings): Promise<NetworkWeights> {
  const { entries } = await inspectWeightsFile(path);
  const fit = fitNetwork(entries, settings);
  if (fit.fitting.length === 0) throw doNotFit(path, entries, fit);
  const wanted = new Map(stateDictOf(settings).map(({ name, shape }) => [name, shape.join()]));
  const { tensors, ...file } = await readWeightsFile(path, {
    keep: (name) => wanted.has(nameInNetwork(settings.name, name)),
  });
  const renamed = [...tensors.values()]
    .map((tensor): NamedTensor => ({ ...tensor, name: nameInNetwork(settings.name, tensor.name) }))
    .filter(({ name, shape }) => wanted.get(name) === shape.join());
  return { ...file, tensors: new Map(renamed.map((tensor) => [tensor.name, tensor])), fit };
}

/** The first tensors of a list as text, with their number where there are more. */
export function listTensors(tensors: readonly Pick<TensorEntry, "name" | "shape">[], count = 4): string {
  const first = tensors.slice(0, count).map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
  return `${first.join(", ")}${tensors.length > count ? `, ... (${tensors.length} in all)` : ""}`;
}

function doNotFit(path: string, entries: readonly TensorEntry[], { network, unfit }: NetworkFit): WeightsError {
  const best = fitEveryNetwork(entries)[0];
  const advice =
    best === undefined
      ? "Choose a file that was made for this network."
      : `It would fit the network "${best.network}" (${Math.round(100 * best.share)} % of its numbers).`;
  return new WeightsError(
    "WEIGHTS_DO_NOT_FIT",
    `No tensor of ${path} fits the network "${network}". The file has ${listTensors(entries)}; the network wants ` +
      `${listTensors(unfit)}. ${advice}`,
  );
}
