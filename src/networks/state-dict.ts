import { Computation, type Parameter } from "../engine/computation.ts";
import { elementCount, type Graph, type Value } from "../engine/graph.ts";
import { inferShapes } from "../engine/shape-rules.ts";
import { buildNetwork, NETWORKS, type NetworkName, type NetworkSettings } from "./networks.ts";

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
  const { parameters, buffers } = outline(settings);
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

/** Size and cost of a network on images of 224 x 224 pixels. */
export interface NetworkCost {
  /** Learned numbers; running statistics are not counted. */
  readonly parameters: number;
  /** Multiplications with an addition in all convolutions and dense layers, for one image. */
  readonly multiplyAdds: number;
}

/** From the graph's shapes: with attention, W_l acts before the upsampling, and what that saves is saved here too. */
export function costOf(settings: NetworkSettings, side = 224): NetworkCost {
  const computation = outline(settings, side);
  const parameters = computation.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { parameters, multiplyAdds: multiplyAddsOf(computation.graph) };
}

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

/** A forward graph with the network in it, of one image, without numbers. */
function outline(settings: NetworkSettings, side = 224): Computation {
  // Two images: one alone has no variance for a batch normalisation of 1 x 1 maps.
  const computation = new Computation({ kind: "training", blockSize: 0 });
  buildNetwork(computation, computation.input("image", [BATCH, 3, side, side]), settings);
  return computation;
}

const BATCH = 2;

function multiplyAddsOf({ nodes, inputs, initializers }: Graph): number {
  const values = new Map<string, Value>();
  const integers = new Map<string, number[]>();
  for (const value of inputs) values.set(value.name, value);
  for (const { value, bytes } of initializers) {
    values.set(value.name, value);
    if (value.type === "int64") {
      const { buffer } = Uint8Array.from(bytes);
      integers.set(value.name, Array.from(new BigInt64Array(buffer), Number));
    }
  }
  let total = 0;
  for (const { operator, inputs: names, outputs, attributes } of nodes) {
    const known = names.map((name) => values.get(name) ?? null);
    const inferred = inferShapes({ operator, inputs: known, attributes, integers: ({ name }) => integers.get(name) });
    outputs.forEach((name, index) => values.set(name, { name, ...(inferred[index] as Omit<Value, "name">) }));
    if (operator !== "Conv" && operator !== "Gemm") continue;
    const outputCount = elementCount(inferred[0]?.shape ?? []);
    // Both store weights [outputs, what is multiplied for one of them].
    total += outputCount * elementCount((known[1] as Value).shape.slice(1));
  }
  return total / BATCH;
}

function layerOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

function withBeginning(name: string, pairs: readonly (readonly [string, string])[]): string {
  const pair = pairs.find(([beginning]) => name.startsWith(beginning));
  return pair === undefined ? name : pair[1] + name.slice(pair[0].length);
}
