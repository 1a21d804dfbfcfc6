import type { Parameter } from "../engine/computation.ts";
import { NETWORKS, type NetworkName, type NetworkSettings } from "./networks.ts";
import { outlineOf } from "./outline.ts";

/** A tensor of PyTorch's state_dict of a network. */
export interface StateEntry extends Pick<Parameter, "name" | "shape" | "initialisation"> {
  /**
   * Learned; a running statistic; or the count of batches that batch normalisation has seen, an int64 that PyTorch
   * stores and no computation needs.
   */
  readonly kind: "parameter" | "buffer" | "counter";
}

const COUNTER = ".num_batches_tracked";

/** All tensors of a network in the order of PyTorch's state_dict. */
export function stateDictOf(settings: NetworkSettings): StateEntry[] {
  const { parameters, buffers } = outlineOf(settings).computation;
  const buffersOf = new Map<string, StateEntry[]>();
  for (const { name, shape, initialisation } of buffers) {
    const layer = layerOf(name);
    buffersOf.set(layer, [...(buffersOf.get(layer) ?? []), { name, shape, initialisation, kind: "buffer" }]);
  }
  return parameters.flatMap(({ name, shape, initialisation }) => {
    const entry: StateEntry = { name, shape, initialisation, kind: "parameter" };
    const layer = layerOf(name);
    const statistics = name.endsWith(".bias") ? buffersOf.get(layer) : undefined;
    if (statistics === undefined) return [entry];
    const counter: StateEntry = { ...ZERO_COUNT, name: `${layer}${COUNTER}` };
    return [entry, ...statistics, counter];
  });
}

const ZERO_COUNT = { shape: [], initialisation: { kind: "constant", number: 0 }, kind: "counter" } as const;

/** The name that a tensor of a network has in torchvision; its own where torchvision has no such layer. */
export function torchvisionKey(network: NetworkName, name: string): string {
  return withBeginning(name, NETWORKS[network].torchvisionKeys);
}

/** The name of a tensor of a network by its own name or torchvision's. */
export function ownKey(network: NetworkName, name: string): string {
  return withBeginning(
    name,
    NETWORKS[network].torchvisionKeys.map(([own, torchvision]) => [torchvision, own]),
  );
}

function layerOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

function withBeginning(name: string, pairs: readonly (readonly [string, string])[]): string {
  const pair = pairs.find(([beginning]) => name.startsWith(beginning));
  return pair === undefined ? name : pair[1] + name.slice(pair[0].length);
}
