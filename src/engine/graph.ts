import { inferShapes } from "./shape-rules.ts";

export type ElementType = "float32" | "float16" | "uint8" | "int32" | "int64" | "bool";

/** A tensor that flows through a graph: its name in the file, its shape and the type of its elements. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** An ONNX attribute; a JavaScript number is written as an integer, so floats are marked. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

export interface GraphNode {
  readonly operator: string;
  /** "" for standard ONNX; otherwise the domain of a vendor's operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A tensor stored in the graph; `bytes` are its elements, little-endian, in row-major order. */
export interface Initializer {
  readonly value: Value;
  readonly bytes: Uint8Array;
}

export interface NodeOptions {
  readonly domain?: string;
  /** Names of the outputs; made up where absent. */
  readonly names?: readonly string[];
}

export const VENDOR_DOMAIN = "com.microsoft";
export const BLOCKED_LAYOUT_DOMAIN = "com.microsoft.nchwc";

/**
 * An ONNX graph under construction: inputs, stored tensors, nodes and outputs. Every node's output shapes come from
 * the pure rule of its operator (shape-rules.ts), so a wrong graph fails where it is written, not in the runtime.
 */
export class Graph {
  readonly inputs: Value[] = [];
  readonly outputs: Value[] = [];
  readonly nodes: GraphNode[] = [];
  readonly initializers: Initializer[] = [];
  /** What the nodes compute, by name. */
  readonly computed = new Map<string, Value>();
  readonly #integerConstants = new Map<string, Value>();
  readonly #integersOf = new Map<string, readonly number[]>();
  #nameCount = 0;

  input(name: string, shape: readonly number[], type: ElementType = "float32"): Value {
    const value = { name, shape, type };
    this.inputs.push(value);
    return value;
  }

  /** Stores a float32 tensor; `data` holds the product of `shape` numbers. */
  constant(data: ArrayLike<number>, shape: readonly number[]): Value {
    const floats = Float32Array.from(data);
    return this.store(this.#newName("constant"), shape, "float32", new Uint8Array(floats.buffer));
  }

  scalar(number: number): Value {
    return this.constant([number], []);
  }

  /**
   * A number, or a value of shape [], with as many axes as `value`, each of size 1. ONNX Runtime broadcasts a number of fewer
   * axes one element at a time, thirty times slower, where the last axes of `value` have size 1, as those of 1 x 1 kernels.
   */
  scalarFor(value: Value, number: number | Value): Value {
    const shape = value.shape.map(() => 1);
    return typeof number === "number" ? this.constant([number], shape) : this.reshape(number, shape);
  }

  /** Stores a list of integers (axes, shapes, pads); equal lists share one tensor. */
  integers(numbers: readonly number[]): Value {
    const key = numbers.join();
    const known = this.#integerConstants.get(key);
    if (known !== undefined) return known;
    const bytes = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
    const value = this.store(this.#newName("integers"), [numbers.length], "int64", bytes);
    this.#integerConstants.set(key, value);
    this.#integersOf.set(value.name, [...numbers]);
    return value;
  }

  store(name: string, shape: readonly number[], type: ElementType, bytes: Uint8Array): Value {
    const value = { name, shape, type };
    this.initializers.push({ value, bytes });
    return value;
  }

  /** Adds a node with all outputs of its operator and returns them. A null input is an omitted optional one. */
  addAll(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): Value[] {
    return this.#addNode(operator, inputs, attributes, options);
  }

  /** Adds a node with its operator's first output alone: further ones, such as MaxPool's indices, are not computed. */
  add(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions = {},
  ): Value {
    return this.#addNode(operator, inputs, attributes, options, 1)[0] as Value;
  }

  /** Declares an output; a value under another name is given the wanted one by an Identity node. */
  output(value: Value, name: string): Value {
    const named = value.name === name ? value : this.add("Identity", [value], {}, { names: [name] });
    this.outputs.push(named);
    return named;
  }

  reshape(value: Value, shape: readonly number[]): Value {
    return this.add("Reshape", [value, this.integers(shape)]);
  }

  transpose(value: Value, permutation: readonly number[]): Value {
    return this.add("Transpose", [value], { perm: permutation });
  }

  /** Sum over `axes`; they stay with size 1 where `keep` is true. */
  sum(value: Value, axes: readonly number[], keep: boolean): Value {
    return this.add("ReduceSum", [value, this.integers(axes)], { keepdims: keep ? 1 : 0 });
  }

  #addNode(
    operator: string,
    inputs: readonly (Value | null)[],
    attributes: Readonly<Record<string, Attribute>>,
    options: NodeOptions,
    outputCount?: number,
  ): Value[] {
    const inferred = inferShapes({
      operator,
      inputs,
      attributes,
      integers: (value) => this.#integersOf.get(value.name),
    });
    const outputs = inferred.slice(0, outputCount).map(({ shape, type }, index) => ({
      name: options.names?.[index] ?? this.#newName(operator),
      shape,
      type,
    }));
    for (const output of outputs) this.computed.set(output.name, output);
    this.nodes.push({
      operator,
      domain: options.domain ?? "",
      inputs: inputs.map((value) => value?.name ?? ""),
      outputs: outputs.map((value) => value.name),
      attributes,
    });
    return outputs;
  }

  #newName(kind: string): string {
    return `${kind}_${this.#nameCount++}`;
  }
}

/** The number of elements of a tensor of this shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
