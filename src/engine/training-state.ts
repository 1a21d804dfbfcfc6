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

/** The numbers of the buffers themselves: not copied. */
export function stateIn(buffers: ReadonlyMap<string, Tensor>): TrainingState {
  return new Map([...buffers].map(([name, { data }]) => [name, data as Float32Array]));
}

/** Copies of all tensors. */
export function copyState(state: TrainingState): Map<string, Float32Array> {
  return new Map([...state].map(([name, numbers]) => [name, numbers.slice()]));
}

/**
 * Writes tensors, which may come one by one, into buffers. An optimiser's memory may be absent, as at the start, and
 * becomes zero; what has no buffer is left out.
 */
export function fillState(
  buffers: ReadonlyMap<string, Tensor>,
  states: readonly StateTensor[],
  given: Iterable<readonly [string, Float32Array]>,
): void {
  const missing = new Map(states.map((state) => [state.input, state]));
  for (const [name, source] of given) {
    const target = buffers.get(name);
    if (target === undefined) continue;
    const { data, dims } = target;
    if (source.length !== data.length) {
      throw new Error(`The state ${name} [${dims}] needs ${data.length} numbers, got ${source.length}.`);
    }
    (data as Float32Array).set(source);
    missing.delete(name);
  }
  for (const { input, shape, role } of missing.values()) {
    if (role === "weight" || role === "buffer") throw new Error(`The state lacks ${input} [${shape}].`);
    const memory = buffers.get(input)?.data as Float32Array;
    memory.fill(0);
  }
}
