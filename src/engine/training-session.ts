import { type InferenceSession, Tensor } from "onnxruntime-node";
import { LEARNING_RATE_INPUT, STEP_COUNT_INPUT, type StateTensor } from "./optimisers.ts";
import { openSession, type SessionOptions } from "./session.ts";
import { allocateState, copyState, fillState, stateIn, type TrainingState } from "./training-state.ts";

export type { TrainingState } from "./training-state.ts";

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
    this.#buffers = [allocateState(states), allocateState(states)];
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
    const state = Object.fromEntries(this.#buffers[this.#current]);
    const feeds = { ...batch, ...state, ...optimiserFeeds(this.#session, learningRate, step) };
    await this.#session.run(feeds, this.#fetches[this.#current]);
    this.#current = this.#current === 0 ? 1 : 0;
    return { loss: this.#loss.data[0] as number };
  }

  /** The present state itself, to be read before the next step. */
  get state(): TrainingState {
    return stateIn(this.#buffers[this.#current]);
  }

  /** A copy of the present state. */
  readState(): Map<string, Float32Array> {
    return copyState(this.state);
  }

  /** Replaces the state. An optimiser's memory may be absent, as at the start, and becomes zero. */
  writeState(state: Iterable<readonly [string, Float32Array]>): void {
    fillState(this.#buffers[this.#current], this.#states, state);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** The numbers that an update takes beside the state; only AdamW counts steps. */
export function optimiserFeeds(
  session: InferenceSession,
  learningRate: number,
  step: number,
): Readonly<Record<string, Tensor>> {
  const scalar = (number: number) => new Tensor("float32", Float32Array.of(number), []);
  const counts = session.inputNames.includes(STEP_COUNT_INPUT);
  return { [LEARNING_RATE_INPUT]: scalar(learningRate), ...(counts ? { [STEP_COUNT_INPUT]: scalar(step) } : {}) };
}
