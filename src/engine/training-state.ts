import { Tensor } from "onnxruntime-node";
import { elementCount } from "./graph.ts";
import type { StateTensor } from "./optimisers.ts";

/** The state of a training by tensor input name: parameters under their own names, optimiser memory under role/name. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** One zeroed tensor for each state tensor, by input name. */
export function allocateState(states: readonly Pick<StateTensor, "input" | "shape">[]): Map<string, Tensor> {
  return new Map(
    states.map(({ input, shape }) => [input, new Tensor("float32", new Float32Array(elementCount(shape)), [...shape])]),
  );
}

/** Copies of the tensors of these names, or of all. */
export function copyState(
  buffers: ReadonlyMap<string, Tensor>,
  names: readonly string[] = [...buffers.keys()],
): Map<string, Float32Array> {
  return new Map(names.map((name) => [name, ((buffers.get(name) as Tensor).data as Float32Array).slice()]));
}

/** Writes a state into buffers. An optimiser's memory may be absent, as at the start, and becomes zero. */
export function fillState(
  buffers: ReadonlyMap<string, Tensor>,
  states: readonly StateTensor[],
  state: TrainingState,
): void {
  for (const { input, shape, role } of states) {
    const target = buffers.get(input)?.data as Float32Array;
    const source = state.get(input);
    if (source !== undefined && source.length !== target.length) {
      throw new Error(`The state ${input} [${shape}] needs ${target.length} numbers, got ${source.length}.`);
    }
    if (source === undefined && (role === "weight" || role === "buffer")) {
      throw new Error(`The state lacks ${input} [${shape}].`);
    }
    if (source === undefined) target.fill(0);
    else target.set(source);
  }
}
