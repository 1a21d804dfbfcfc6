import { type InferenceSession, Tensor } from "onnxruntime-node";
import { elementCount } from "./graph.ts";
import { LEARNING_RATE_INPUT, STEP_COUNT_INPUT, type StateTensor } from "./optimisers.ts";
import { openSession, type SessionOptions } from "./session.ts";

/** The state of a training by tensor input name: parameters under their own names, optimiser memory under role/name. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** What one training step computes beside the new state. */
export interface StepOutcome {
  readonly loss: number;
}

export const LOSS_OUTPUT = "loss";

/**
 * Runs a training graph step by step. The state lives in two sets of buffers that take turns as inputs and as
 * pre-allocated outputs, so that nothing is copied or allocated for a step.
 */
export class TrainingSession {
  readonly #session: InferenceSession;
  readonly #states: readonly StateTensor[];
  readonly #buffers: readonly [Map<string, Tensor>, Map<string, Tensor>];
  readonly #fetches: readonly [Record<string, Tensor>, Record<string, Tensor>];
  readonly #loss = new Tensor("float32", new Float32Array(1), []);
  #current: 0 | 1 = 0;

  private constructor(session: InferenceSession, states: readonly StateTensor[]) {
    this.#session = session;
    this.#states = states;
    this.#buffers = [allocate(states), allocate(states)];
    const fetchesInto = (buffers: Map<string, Tensor>): Record<string, Tensor> => ({
      [LOSS_OUTPUT]: this.#loss,
      ...Object.fromEntries(states.map(({ input, output }) => [output, buffers.get(input) as Tensor])),
    });
    this.#fetches = [fetchesInto(this.#buffers[1]), fetchesInto(this.#buffers[0])];
  }

  static async open(model: Uint8Array, states: readonly StateTensor[], options: SessionOptions) {
    return new TrainingSession(await openSession(model, options), states);
  }

  /** One step on a batch (inputs by name); `step` counts from 1, for optimisers that correct for their start. */
  async step(batch: Readonly<Record<string, Tensor>>, learningRate: number, step: number): Promise<StepOutcome> {
    const feeds: Record<string, Tensor> = {
      ...batch,
      ...Object.fromEntries(this.#buffers[this.#current]),
      [LEARNING_RATE_INPUT]: new Tensor("float32", Float32Array.of(learningRate), []),
    };
    if (this.#session.inputNames.includes(STEP_COUNT_INPUT)) {
      feeds[STEP_COUNT_INPUT] = new Tensor("float32", Float32Array.of(step), []);
    }
    await this.#session.run(feeds, this.#fetches[this.#current]);
    this.#current = this.#current === 0 ? 1 : 0;
    return { loss: this.#loss.data[0] as number };
  }

  /** A copy of the present state. */
  readState(): Map<string, Float32Array> {
    const buffers = this.#buffers[this.#current];
    return new Map([...buffers].map(([name, tensor]) => [name, (tensor.data as Float32Array).slice()]));
  }

  /** Replaces the state. An optimiser's memory may be absent, as at the start, and becomes zero. */
  writeState(state: TrainingState): void {
    for (const { input, shape, role } of this.#states) {
      const target = this.#buffers[this.#current].get(input)?.data as Float32Array;
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

  async close(): Promise<void> {
    await this.#session.release();
  }
}

function allocate(states: readonly StateTensor[]): Map<string, Tensor> {
  return new Map(
    states.map(({ input, shape }) => [input, new Tensor("float32", new Float32Array(elementCount(shape)), [...shape])]),
  );
}
