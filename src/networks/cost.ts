import { elementCount, type Graph, type Value } from "../engine/graph.ts";
import { inferShapes } from "../engine/shape-rules.ts";
import type { NetworkSettings } from "./networks.ts";
import { outlineOf } from "./outline.ts";

/** Size and cost of a network. */
export interface NetworkCost {
  /** Learned numbers; running statistics are not counted. */
  readonly parameters: number;
  /** Multiplications with an addition in all convolutions and dense layers, for one image. */
  readonly multiplyAdds: number;
}

/** From the graph's shapes: with attention, W_l acts before the upsampling, and what that saves is saved here too. */
export function costOf(settings: NetworkSettings, side = 224): NetworkCost {
  const { computation, batch } = outlineOf(settings, side);
  const parameters = computation.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return { parameters, multiplyAdds: multiplyAddsOf(computation.graph) / batch };
}

/** Operators whose weights, the second input, are stored as [outputs, what is multiplied for one of them]. */
const WEIGHING = ["Conv", "Gemm"];

function multiplyAddsOf({ nodes, inputs, initializers }: Graph): number {
  const values = new Map<string, Value>(inputs.map((value) => [value.name, value]));
  const integersOf = new Map<string, number[]>();
  for (const { value, bytes } of initializers) {
    values.set(value.name, value);
    if (value.type === "int64") integersOf.set(value.name, integersFrom(bytes));
  }
  let total = 0;
  for (const { operator, inputs: names, outputs, attributes } of nodes) {
    const known = names.map((name) => values.get(name) ?? null);
    const integers = ({ name }: Value) => integersOf.get(name);
    const inferred = inferShapes({ operator, inputs: known, attributes, integers });
    for (const [index, name] of outputs.entries()) {
      values.set(name, { name, ...(inferred[index] as Omit<Value, "name">) });
    }
    if (!WEIGHING.includes(operator)) continue;
    total += elementCount(inferred[0]?.shape ?? []) * elementCount((known[1] as Value).shape.slice(1));
  }
  return total;
}

function integersFrom(bytes: Uint8Array): number[] {
  // A copy: the bytes need not begin at a multiple of 8.
  return Array.from(new BigInt64Array(Uint8Array.from(bytes).buffer), Number);
}
