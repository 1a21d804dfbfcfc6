import type { TrainingState } from "../engine/training-state.ts";

/** Where a checkpoint has the average of a tensor: this before its name. */
const PREFIX = "average/";

/**
 * The mean of the weights (and running statistics) over the last steps of a training, in place of those of the very last
 * step. Up to `steps` steps it is the plain mean of all of them, from then on a moving one in which each step counts
 * 1/`steps`: a <- a + (w - a) / min(step, steps). Averages lie in flatter places of the loss, which is reported to
 * help on data of another kind: Polyak and Juditsky 1992; Izmailov et al. 2018 (arXiv 1803.05407); Cha et al. 2021 (arXiv 2102.08604).
 */
export class WeightAverage {
  readonly #steps: number;
  readonly #average: ReadonlyMap<string, Float32Array>;

  /** Of the tensors `names` of `state`, over at least one step. */
  constructor(state: TrainingState, names: readonly string[], steps: number) {
    this.#steps = Math.max(1, steps);
    this.#average = new Map(names.map((name) => [name, new Float32Array(state.get(name)?.length ?? 0)]));
  }

  /** Adds the state after a step; `step` counts from 1 over the whole training. */
  add(state: TrainingState, step: number): void {
    const share = 1 / Math.min(step, this.#steps);
    for (const [name, average] of this.#average) {
      const weights = state.get(name) as Float32Array;
      for (let at = 0; at < average.length; at++) average[at]! += share * (weights[at]! - average[at]!);
    }
  }

  /** The average itself, by the names of its tensors. */
  get weights(): TrainingState {
    return this.#average;
  }

  /** The same as a part of a checkpoint. */
  *inCheckpoint(): Generator<readonly [string, Float32Array]> {
    for (const [name, numbers] of this.#average) yield [`${PREFIX}${name}`, numbers];
  }

  /** Passes on the tensors of a checkpoint, and takes those of the average out of them. */
  *restore(tensors: Iterable<readonly [string, Float32Array]>): Generator<readonly [string, Float32Array]> {
    for (const [name, numbers] of tensors) {
      if (name.startsWith(PREFIX)) this.#average.get(name.slice(PREFIX.length))?.set(numbers);
      else yield [name, numbers];
    }
  }
}
