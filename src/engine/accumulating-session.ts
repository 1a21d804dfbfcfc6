import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { AccumulationGraphs, GradientSum } from "./gradient-accumulation.ts";
import type { StateTensor } from "./optimisers.ts";
import { openSession, type SessionOptions } from "./session.ts";
import { LOSS_OUTPUT, optimiserFeeds, type StepOutcome } from "./training-session.ts";
import { allocateState, copyState, fillState, type TrainingState } from "./training-state.ts";

type Batch = Readonly<Record<string, Tensor>>;

/**
 * Runs training steps in micro-batches: as TrainingSession, with the same results, in less memory.
 *
 * State and sums are renewed in place, each tensor being input and output of the same run. That is safe because every
 * renewed tensor is written by one elementwise node, and whatever else reads the old one comes before that node: in the
 * update graph all reads of a parameter or memory lead to its own renewal, and in the gradient graph a sum and a buffer
 * are read by their renewal alone, and parameters are not written.
 */
export class AccumulatingSession {
  readonly #gradient: InferenceSession;
  readonly #update: InferenceSession;
  readonly #states: readonly StateTensor[];
  readonly #sums: readonly GradientSum[];
  readonly #state: ReadonlyMap<string, Tensor>;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #loss = new Tensor("float32", new Float32Array(1), []);

  private constructor(gradient: InferenceSession, update: InferenceSession, graphs: AccumulationGraphs) {
    this.#gradient = gradient;
    this.#update = update;
    this.#states = graphs.states;
    this.#sums = graphs.sums;
    this.#state = allocateState(graphs.states);
    this.#tensors = new Map([...this.#state, ...allocateState(graphs.sums)]);
  }

  static async open(graphs: AccumulationGraphs, options: SessionOptions): Promise<AccumulatingSession> {
    const gradient = await openSession(graphs.gradientModel, options);
    return new AccumulatingSession(gradient, await openSession(graphs.updateModel, options), graphs);
  }

  /**
   * One step on a batch of as many micro-batches as it holds: inputs by name, the first axis of each counts images. The
   * loss is the sum over the micro-batches. `step` counts from 1.
   */
  async step(batch: Batch, learningRate: number, step: number): Promise<StepOutcome> {
    for (const { input } of this.#sums) {
      const sum = this.#tensors.get(input)?.data as Float32Array;
      sum.fill(0);
    }
    let loss = 0;
    for (const microBatch of this.#split(batch)) {
      await this.#run(this.#gradient, microBatch, { [LOSS_OUTPUT]: this.#loss });
      loss += this.#loss.data[0] as number;
    }
    await this.#run(this.#update, optimiserFeeds(this.#update, learningRate, step), {});
    return { loss };
  }

  /** A copy of the present state, or of the tensors of these names. */
  readState(names?: readonly string[]): Map<string, Float32Array> {
    return copyState(this.#state, names);
  }

  /** Replaces the state. An optimiser's memory may be absent, as at the start, and becomes zero. */
  writeState(state: TrainingState): void {
    fillState(this.#state, this.#states, state);
  }

  async close(): Promise<void> {
    await Promise.all([this.#gradient.release(), this.#update.release()]);
  }

  /** Runs a graph on its part of the state and the sums; what it renews is renewed in place. */
  async #run(session: InferenceSession, feeds: Batch, fetches: Batch): Promise<void> {
    const ours = [...this.#states, ...this.#sums];
    const read = ours.filter(({ input }) => session.inputNames.includes(input));
    const written = ours.filter(({ output }) => session.outputNames.includes(output));
    const tensor = (name: string) => this.#tensors.get(name) as Tensor;
    await session.run(
      { ...feeds, ...Object.fromEntries(read.map(({ input }) => [input, tensor(input)])) },
      { ...fetches, ...Object.fromEntries(written.map(({ input, output }) => [output, tensor(input)])) },
    );
  }

  /** Micro-batches that share the batch's memory. */
  #split(batch: Batch): Batch[] {
    const sizes = this.#gradient.inputMetadata.map(
      (input) => [input.name, input.isTensor ? input.shape[0] : 0] as const,
    );
    const sizeOf = new Map(sizes);
    const parts = Object.entries(batch).map(([name, tensor]) => splitTensor(name, tensor, sizeOf.get(name)));
    const count = parts[0]?.tensors.length ?? 0;
    const odd = parts.find(({ tensors }) => tensors.length !== count);
    if (odd !== undefined)
      throw new Error(`The input ${odd.name} has ${odd.tensors.length} micro-batches, not ${count}.`);
    return Array.from({ length: count }, (_, index) =>
      Object.fromEntries(parts.map(({ name, tensors }) => [name, tensors[index] as Tensor])),
    );
  }
}

function splitTensor(name: string, tensor: Tensor, size: number | string | undefined) {
  const [images, ...rest] = tensor.dims as [number, ...number[]];
  if (typeof size !== "number" || images % size !== 0) {
    throw new Error(`The input ${name} of ${images} images cannot be split into micro-batches of ${size}.`);
  }
  const data = tensor.data as Float32Array | Uint8Array;
  const numbers = (data.length / images) * size;
  const tensors = Array.from({ length: images / size }, (_, index) => {
    const part = data.subarray(index * numbers, (index + 1) * numbers);
    return new Tensor(tensor.type as "float32", part as Float32Array, [size, ...rest]);
  });
  return { name, tensors };
}
