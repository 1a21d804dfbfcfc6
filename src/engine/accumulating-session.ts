import { type InferenceSession, Tensor } from "onnxruntime-node";
import {
  type AccumulationGraphs,
  GRADIENT_INPUT,
  type GradientSum,
  type PiecewiseUpdate,
  SCALE,
} from "./gradient-accumulation.ts";
import type { StateTensor } from "./optimisers.ts";
import { openSession, type SessionOptions } from "./session.ts";
import { LOSS_OUTPUT, optimiserFeeds, type StepOutcome } from "./training-session.ts";
import { allocateState, copyState, fillState, stateIn, type TrainingState } from "./training-state.ts";

type Batch = Readonly<Record<string, Tensor>>;

/** Numbers of a parameter that are updated at once: 4 MB for each tensor of the update. */
const PIECE = 2 ** 20;

/**
 * Runs training steps in micro-batches: as TrainingSession, with the same results, in less memory.
 *
 * State and sums are renewed in place, each tensor being input and output of the same run. That is safe because every
 * renewed tensor is written by one elementwise node, and whatever else reads the old one comes before that node: in the
 * update all reads of a parameter or memory lead to its own renewal, and in the gradient graph a sum and a buffer
 * are read by their renewal alone, and parameters are not written.
 */
export class AccumulatingSession {
  readonly #gradient: InferenceSession;
  readonly #clipping: InferenceSession | null;
  readonly #updating: InferenceSession;
  readonly #update: PiecewiseUpdate;
  readonly #states: readonly StateTensor[];
  readonly #sums: readonly GradientSum[];
  readonly #state: ReadonlyMap<string, Tensor>;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #loss = new Tensor("float32", new Float32Array(1), []);

  private constructor(sessions: Sessions, graphs: AccumulationGraphs) {
    this.#gradient = sessions.gradient;
    this.#clipping = sessions.clipping;
    this.#updating = sessions.updating;
    this.#update = graphs.update;
    this.#states = graphs.states;
    this.#sums = graphs.sums;
    this.#state = allocateState(graphs.states);
    this.#tensors = new Map([...this.#state, ...allocateState(graphs.sums)]);
  }

  static async open(graphs: AccumulationGraphs, options: SessionOptions): Promise<AccumulatingSession> {
    const { gradientModel, clippingModel, update } = graphs;
    const gradient = await openSession(gradientModel, options);
    const clipping = clippingModel === null ? null : await openSession(clippingModel, options);
    return new AccumulatingSession({ gradient, clipping, updating: await openSession(update.model, options) }, graphs);
  }

  /**
   * One step on a batch of as many micro-batches as it holds: inputs by name, the first axis of each counts images. The
   * loss is the sum over the micro-batches. `step` counts from 1.
   */
  async step(batch: Batch, learningRate: number, step: number): Promise<StepOutcome> {
    for (const { input } of this.#sums) numbersOf(this.#tensors, input).fill(0);
    let loss = 0;
    for (const microBatch of this.#split(batch)) {
      await this.#addGradients(microBatch);
      loss += this.#loss.data[0] as number;
    }
    await this.#updateParameters({ ...optimiserFeeds(this.#updating, learningRate, step), ...(await this.#scale()) });
    return { loss };
  }

  /** What the gradients are multiplied by, where they are clipped. */
  async #scale(): Promise<Batch> {
    if (this.#clipping === null) return {};
    const sums = this.#sums.map(({ input }) => [input, this.#tensors.get(input) as Tensor] as const);
    return { [SCALE]: (await this.#clipping.run(Object.fromEntries(sums)))[SCALE] as Tensor };
  }

  async #updateParameters(feeds: Batch): Promise<void> {
    const states = Map.groupBy(this.#states, ({ parameter }) => parameter);
    for (const { parameter, input } of this.#sums) {
      const gradient = numbersOf(this.#tensors, input);
      for (let start = 0; start < gradient.length; start += PIECE) {
        const pieceOf = (name: string) => pieceFrom(numbersOf(this.#tensors, name), start);
        const own = this.#update.states.map(({ role, input: read, output }) => {
          const state = states.get(parameter)?.find((candidate) => candidate.role === role) as StateTensor;
          return { read, output, piece: pieceOf(state.input) };
        });
        await this.#updating.run(
          {
            ...feeds,
            [GRADIENT_INPUT]: pieceOf(input),
            ...Object.fromEntries(own.map(({ read, piece }) => [read, piece])),
          },
          Object.fromEntries(own.map(({ output, piece }) => [output, piece])),
        );
      }
    }
  }

  /** The present state itself, to be read before the next step. */
  get state(): TrainingState {
    return stateIn(this.#state);
  }

  /** A copy of the present state. */
  readState(): Map<string, Float32Array> {
    return copyState(this.state);
  }

  /** Replaces the state. An optimiser's memory may be absent, as at the start, and becomes zero. */
  writeState(state: Iterable<readonly [string, Float32Array]>): void {
    fillState(this.#state, this.#states, state);
  }

  async close(): Promise<void> {
    await Promise.all([this.#gradient, this.#clipping, this.#updating].map((session) => session?.release()));
  }

  /** Runs the gradient graph on its part of the state and the sums; what it renews is renewed in place. */
  async #addGradients(microBatch: Batch): Promise<void> {
    const session = this.#gradient;
    const ours = [...this.#states, ...this.#sums];
    const read = ours.filter(({ input }) => session.inputNames.includes(input));
    const written = ours.filter(({ output }) => session.outputNames.includes(output));
    const tensor = (name: string) => this.#tensors.get(name) as Tensor;
    await session.run(
      { ...microBatch, ...Object.fromEntries(read.map(({ input }) => [input, tensor(input)])) },
      {
        [LOSS_OUTPUT]: this.#loss,
        ...Object.fromEntries(written.map(({ input, output }) => [output, tensor(input)])),
      },
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

interface Sessions {
  readonly gradient: InferenceSession;
  readonly clipping: InferenceSession | null;
  readonly updating: InferenceSession;
}

function numbersOf(tensors: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  return tensors.get(name)?.data as Float32Array;
}

/** The next numbers from `start` on as one row that shares their memory. */
function pieceFrom(numbers: Float32Array, start: number): Tensor {
  const piece = numbers.subarray(start, start + PIECE);
  return new Tensor("float32", piece, [piece.length]);
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
