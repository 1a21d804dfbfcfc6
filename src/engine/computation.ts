import { type ElementType, elementCount, Graph, type Value } from "./graph.ts";

/** How a parameter starts where no weights are given; the numbers are drawn by networks/initialise.ts. */
export type Initialisation =
  /** He et al. 2015: normal with standard deviation sqrt(2 / fanIn). */
  | { readonly kind: "kaiming"; readonly fanIn: number }
  | { readonly kind: "normal"; readonly standardDeviation: number }
  | { readonly kind: "constant"; readonly number: number };

export interface Parameter {
  /** The key of PyTorch's state_dict. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly initialisation: Initialisation;
  readonly value: Value;
}

/** An input that each training step draws anew: 1 / keepProbability where drawn to stay, 0 elsewhere (dropout). */
export interface RandomMask {
  readonly name: string;
  readonly shape: readonly number[];
  readonly keepProbability: number;
}

/** The stored weights of an inference graph: row-major float32 numbers by parameter name, which the graph shares. */
export type Weights = ReadonlyMap<string, Float32Array>;

export type ComputationMode =
  | {
      readonly kind: "training";
      /** Channels to a block in the CPU's blocked layout, 8 or 16; 0 for standard operators only. */
      readonly blockSize: 0 | 8 | 16;
    }
  | {
      readonly kind: "inference";
      readonly weights: Weights;
      readonly storage: "float32" | "float16";
    };

/**
 * A computation under construction: the forward graph, its parameters, and for training what the chain rule needs.
 *
 * Operations (engine/operations) add their forward nodes and `derive` their output with a rule that takes the
 * gradient of the loss with respect to that output and `accumulate`s the gradients of the inputs. `backpropagate`
 * runs the rules in reverse order (reverse-mode differentiation), which appends the backward nodes to the same graph.
 */
export class Computation {
  readonly graph = new Graph();
  readonly mode: ComputationMode;
  readonly parameters: Parameter[] = [];
  /** Tensors that a step renews by a rule of their own, not by a gradient: running statistics. */
  readonly buffers: Parameter[] = [];
  readonly randomMasks: RandomMask[] = [];
  /** Values by name that also exist in the blocked layout: logical shape as written, memory in blocks of channels. */
  readonly blockedForms = new Map<string, Value>();
  /** Values [N, C, H, W] by name that also exist as [N, H, W, C]. */
  readonly rowForms = new Map<string, Value>();
  readonly #rules: (() => void)[] = [];
  readonly #gradients = new Map<string, Value>();
  readonly #differentiable = new Set<string>();
  readonly #renewed = new Map<string, Value>();

  constructor(mode: ComputationMode) {
    this.mode = mode;
  }

  get training(): boolean {
    return this.mode.kind === "training";
  }

  get blockSize(): 0 | 8 | 16 {
    return this.mode.kind === "training" ? this.mode.blockSize : 0;
  }

  /** A learned tensor: an input of a training graph, stored in an inference graph. */
  parameter(name: string, shape: readonly number[], initialisation: Initialisation): Value {
    const value = this.#parameterValue(name, shape);
    this.parameters.push({ name, shape, initialisation, value });
    this.#differentiable.add(value.name);
    return value;
  }

  /** A tensor of the model that training renews without a gradient; as a parameter otherwise. */
  buffer(name: string, shape: readonly number[], initialisation: Initialisation): Value {
    const value = this.#parameterValue(name, shape);
    this.buffers.push({ name, shape, initialisation, value });
    return value;
  }

  /** Declares what `buffer` is after this training step. */
  renew(buffer: Value, renewed: Value): void {
    this.#renewed.set(buffer.name, renewed);
  }

  /** What `buffer` is after this training step: itself, where nothing renews it. */
  renewalOf(buffer: Value): Value {
    return this.#renewed.get(buffer.name) ?? buffer;
  }

  /** An input of a training graph that every step draws anew. */
  randomMask(name: string, shape: readonly number[], keepProbability: number): Value {
    this.randomMasks.push({ name, shape, keepProbability });
    return this.graph.input(name, shape);
  }

  /** An input that the loss is not differentiated by. */
  input(name: string, shape: readonly number[], type: ElementType = "float32"): Value {
    return this.graph.input(name, shape, type);
  }

  /** An input with a gradient: for tests of operations, and for what would change a decision. */
  differentiableInput(name: string, shape: readonly number[]): Value {
    const value = this.graph.input(name, shape);
    this.#differentiable.add(value.name);
    return value;
  }

  needsGradient(value: Value): boolean {
    return this.#differentiable.has(value.name);
  }

  /** Declares how the gradient of `output` becomes the gradients of `inputs`; returns `output`. */
  derive(output: Value, inputs: readonly (Value | null)[], rule: (gradient: Value) => void): Value {
    const reachable = inputs.some((input) => input !== null && this.needsGradient(input));
    if (!this.training || !reachable) return output;
    this.#differentiable.add(output.name);
    this.#rules.push(() => {
      const gradient = this.#gradients.get(output.name);
      if (gradient !== undefined) rule(gradient);
    });
    return output;
  }

  /** Adds `gradient` to what is known of the loss's gradient with respect to `value`. */
  accumulate(value: Value, gradient: Value): void {
    if (!this.needsGradient(value)) return;
    if (gradient.shape.join() !== value.shape.join()) {
      throw new Error(`The gradient [${gradient.shape}] of ${value.name} does not have its shape [${value.shape}].`);
    }
    const known = this.#gradients.get(value.name);
    this.#gradients.set(value.name, known === undefined ? gradient : this.graph.add("Add", [known, gradient]));
  }

  /** Appends the backward pass. The loss must have accumulated its own gradient into its inputs' rules or `seed`. */
  backpropagate(seed?: { readonly of: Value; readonly gradient: Value }): void {
    if (seed !== undefined) this.accumulate(seed.of, seed.gradient);
    for (const rule of this.#rules.reverse()) rule();
    this.#rules.length = 0;
  }

  /** Registers a rule that starts the chain: a loss accumulates the gradient of its own inputs in it. */
  startFrom(rule: () => void): void {
    if (this.training) this.#rules.push(rule);
  }

  /** The gradient of the loss with respect to `value`, after `backpropagate`. */
  gradientOf(value: Value): Value {
    const gradient = this.#gradients.get(value.name);
    if (gradient === undefined) throw new Error(`The loss does not depend on ${value.name}.`);
    return gradient;
  }

  #parameterValue(name: string, shape: readonly number[]): Value {
    const { mode, graph } = this;
    if (mode.kind === "training") return graph.input(name, shape);
    const numbers = mode.weights.get(name);
    if (numbers?.length !== elementCount(shape)) {
      throw new Error(`The parameter ${name} [${shape}] needs ${elementCount(shape)} numbers, got ${numbers?.length}.`);
    }
    if (mode.storage === "float32") {
      // Not copied: a network may have hundreds of megabytes.
      const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      return graph.store(name, shape, "float32", bytes);
    }
    const halves = new Uint8Array(Float16Array.from(numbers).buffer);
    return graph.add("Cast", [graph.store(name, shape, "float16", halves)], { to: 1 });
  }
}
