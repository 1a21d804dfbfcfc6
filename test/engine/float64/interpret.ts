import { elementCount, type Graph, type GraphNode, type Initializer } from "../../../src/engine/graph.ts";
import { convolved, convolvedTransposed, multiplied } from "./convolution.ts";
import { combined, mapped, normalised, type PairOperator, softmaxOfChannels, summed } from "./elementwise.ts";
import { concatenated, gathered, padded, sliced, split, transposed } from "./layout.ts";
import { maximaOfWindows, scatterAdded } from "./pooling.ts";
import { empty, type Tensor64 } from "./tensor.ts";

export type Constants = ReadonlyMap<string, Float64Array>;

/**
 * Makes a new graph remember its constants as they are given: the file has them rounded to float32, a relative 6e-8 that a
 * comparison in float64 would find again. To be called before anything is added.
 */
export function rememberConstants(graph: Graph): Constants {
  const exact = new Map<string, Float64Array>();
  const store = graph.constant.bind(graph);
  graph.constant = (data, shape) => {
    const value = store(data, shape);
    exact.set(value.name, Float64Array.from(data));
    return value;
  };
  return exact;
}

/**
 * Computes a graph of standard operators in float64, from the operators' definitions (ONNX, opset 21) and with nothing of ONNX
 * Runtime: those operators that training graphs without the blocked layout have. For tests: slow, and exact to 1e-13.
 *
 * Returns the values of `wanted`, by name; all others are forgotten after their last reader.
 */
export function interpretGraph(
  graph: Graph,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
  wanted: readonly string[],
  constants: Constants = new Map(),
): Map<string, Tensor64> {
  const values = new Map<string, Tensor64>();
  for (const { name, shape } of graph.inputs) values.set(name, { shape, data: Float64Array.from(inputs[name]!) });
  for (const stored of graph.initializers) {
    const { name, shape } = stored.value;
    values.set(name, { shape, data: constants.get(name) ?? numbersOf(stored) });
  }
  const readers = new Map<string, number>();
  for (const name of [...graph.nodes.flatMap((node) => node.inputs), ...wanted]) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  for (const node of graph.nodes) {
    const given = node.inputs.map((name) => values.get(name)!);
    const shapes = node.outputs.map((name) => graph.computed.get(name)!.shape);
    const rule = RULES[node.operator];
    if (rule === undefined) throw new Error(`The interpreter does not know ${node.operator}.`);
    rule(given, shapes, node).forEach((value, index) => {
      const name = node.outputs[index];
      if (name !== undefined && readers.has(name)) values.set(name, value);
    });
    for (const name of node.inputs) {
      const left = readers.get(name)! - 1;
      readers.set(name, left);
      if (left === 0) values.delete(name);
    }
  }
  return new Map(wanted.map((name) => [name, values.get(name)!]));
}

function numbersOf({ value, bytes }: Initializer): Float64Array {
  const { buffer } = Uint8Array.from(bytes);
  if (value.type === "float32") return Float64Array.from(new Float32Array(buffer));
  if (value.type === "int64") return Float64Array.from(new BigInt64Array(buffer), Number);
  throw new Error(`The interpreter does not read stored ${value.type}.`);
}

type Rule = (inputs: readonly Tensor64[], shapes: readonly (readonly number[])[], node: GraphNode) => Tensor64[];

const each =
  (change: (x: number) => number): Rule =>
  ([x]) => [mapped(x!, change)];
const pairs: Rule = ([x, y], [shape], node) => [combined(node.operator as PairOperator, shape!, x!, y!)];
const list = (tensor: Tensor64 | undefined) => [...(tensor?.data ?? [])];
const number = ({ attributes }: GraphNode, name: string) => attributes[name] as number;
const float = ({ attributes }: GraphNode, name: string) => (attributes[name] as { readonly float: number }).float;

const RULES: Readonly<Record<string, Rule>> = {
  Add: pairs,
  Sub: pairs,
  Mul: pairs,
  Div: pairs,
  Pow: pairs,
  Max: pairs,
  Relu: each((x) => Math.max(0, x)),
  Sqrt: each(Math.sqrt),
  Neg: each((x) => -x),
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  HardSigmoid: ([x], _, node) => {
    const [alpha, beta] = [float(node, "alpha"), float(node, "beta")];
    return [mapped(x!, (value) => Math.max(0, Math.min(1, alpha * value + beta)))];
  },
  Clip: ([x, low, high]) => [mapped(x!, (value) => Math.min(high!.data[0]!, Math.max(low!.data[0]!, value)))],
  // Of types that the interpreter keeps alike; to an integer the fraction goes.
  Cast: ([x], _, node) => [number(node, "to") === 7 ? mapped(x!, Math.trunc) : x!],
  Identity: ([x]) => [x!],
  Softmax: ([x]) => [softmaxOfChannels(x!, false)],
  LogSoftmax: ([x]) => [softmaxOfChannels(x!, true)],
  BatchNormalization: (tensors, _, node) => [normalised(tensors, float(node, "epsilon"))],
  ReduceSum: ([x, axes], [shape]) => [summed(shape!, x!, list(axes))],
  ReduceMean: ([x, axes], [shape]) => [meanOver(x!, shape!, list(axes))],
  GlobalAveragePool: ([x], [shape]) => [meanOver(x!, shape!, [2, 3])],
  MaxPool: ([x], [shape], node) => maximaOfWindows(x!, shape!, node),
  ScatterElements: ([x, indices, updates]) => [scatterAdded(x!, indices!, updates!)],
  Conv: (tensors, [shape], node) => [convolved(tensors, shape!, node)],
  ConvTranspose: (tensors, [shape], node) => [convolvedTransposed(tensors, shape!, node)],
  MatMul: ([a, b], [shape]) => [multiplied(a!, b!, shape!)],
  Gemm: ([a, b, c], [shape], { attributes }) => {
    const product = multiplied(a!, b!, shape!, attributes);
    return [c === undefined ? product : combined("Add", shape!, product, c)];
  },
  Reshape: ([x], [shape]) => [{ shape: shape!, data: x!.data }],
  Expand: ([x], [shape]) => [combined("Add", shape!, x!, empty([1]))],
  Transpose: ([x], _, { attributes }) => [transposed(x!, attributes.perm as readonly number[])],
  Slice: ([x, starts, , axes, steps], [shape]) => {
    const along = list(axes);
    return [sliced(x!, shape!, list(starts), along, steps === undefined ? along.map(() => 1) : list(steps))];
  },
  Pad: ([x, pads], [shape]) => [padded(x!, shape!, list(pads))],
  Gather: ([x, indices], [shape], node) => [gathered(x!, shape!, indices!.data, number(node, "axis"))],
  Concat: (parts, [shape], node) => [concatenated(parts, shape!, number(node, "axis"))],
  Split: ([x], shapes, node) => split(x!, shapes, number(node, "axis")),
};

function meanOver(x: Tensor64, shape: readonly number[], axes: readonly number[]): Tensor64 {
  const count = x.data.length / elementCount(shape);
  return mapped(summed(shape, x, axes), (sum) => sum / count);
}
