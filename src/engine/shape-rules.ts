import type { Attribute, ElementType, Value } from "./graph.ts";

/** What a shape rule sees: the inputs, the attributes, and the content of stored integer lists. */
export interface ShapeQuestion {
  readonly operator: string;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly integers: (value: Value) => readonly number[] | undefined;
}

export interface InferredValue {
  readonly shape: readonly number[];
  readonly type: ElementType;
}

type ShapeRule = (question: ShapeQuestion) => readonly InferredValue[];

/**
 * The output shapes of one ONNX operator, from the ONNX operator specification (opset 21). Pure; throws a plain Error
 * that names the operator and the shapes where they do not fit, since a graph is our own work, never a user's.
 */
export function inferShapes(question: ShapeQuestion): readonly InferredValue[] {
  const rule = RULES[question.operator];
  if (rule === undefined) throw new Error(`No shape rule for the operator ${question.operator}.`);
  return rule(question);
}

const sameAsFirst: ShapeRule = (question) => {
  const { shape, type } = input(question, 0);
  return [{ shape, type }];
};

const broadcast: ShapeRule = (question) => {
  const [first, second] = [input(question, 0), input(question, 1)];
  return [{ shape: broadcastShapes(question, first.shape, second.shape), type: first.type }];
};

const comparison: ShapeRule = (question) => [
  { shape: broadcastShapes(question, input(question, 0).shape, input(question, 1).shape), type: "bool" },
];

const RULES: Readonly<Record<string, ShapeRule>> = {
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Pow: broadcast,
  Max: broadcast,
  Min: broadcast,
  Greater: comparison,
  Equal: comparison,
  Identity: sameAsFirst,
  Relu: sameAsFirst,
  BatchNormalization: sameAsFirst,
  HardSigmoid: sameAsFirst,
  Sigmoid: sameAsFirst,
  Softmax: sameAsFirst,
  LogSoftmax: sameAsFirst,
  Log: sameAsFirst,
  Exp: sameAsFirst,
  Sqrt: sameAsFirst,
  Neg: sameAsFirst,
  Reciprocal: sameAsFirst,
  Clip: sameAsFirst,
  Where: (question) => {
    const [condition, first, second] = [input(question, 0), input(question, 1), input(question, 2)];
    const values = broadcastShapes(question, first.shape, second.shape);
    return [{ shape: broadcastShapes(question, condition.shape, values), type: first.type }];
  },
  Cast: (question) => [{ shape: input(question, 0).shape, type: TYPE_OF_CODE[integer(question, "to")] ?? "float32" }],
  Conv: (question) => [convolutionShape(question)],
  ConvTranspose: (question) => [transposedConvolutionShape(question)],
  MaxPool: (question) => {
    const shape = pooledShape(question);
    return [
      { shape, type: input(question, 0).type },
      { shape, type: "int64" },
    ];
  },
  AveragePool: (question) => [{ shape: pooledShape(question), type: input(question, 0).type }],
  GlobalAveragePool: (question) => {
    const { shape, type } = input(question, 0);
    return [{ shape: shape.map((size, axis) => (axis < 2 ? size : 1)), type }];
  },
  Gemm: (question) => {
    const [left, right] = [input(question, 0).shape, input(question, 1).shape];
    const [rows, inner] = transposed(left, optionalInteger(question, "transA", 0));
    const [innerRight, columns] = transposed(right, optionalInteger(question, "transB", 0));
    if (inner !== innerRight) throw mismatch(question);
    return [{ shape: [rows, columns], type: input(question, 0).type }];
  },
  MatMul: (question) => {
    const [left, right] = [input(question, 0).shape, input(question, 1).shape];
    if (left.length < 2 || right.length < 2 || left.at(-1) !== right.at(-2)) throw mismatch(question);
    const batch = broadcastShapes(question, left.slice(0, -2), right.slice(0, -2));
    return [{ shape: [...batch, left.at(-2) as number, right.at(-1) as number], type: input(question, 0).type }];
  },
  Reshape: (question) => [{ shape: reshapedShape(question), type: input(question, 0).type }],
  Expand: (question) => [
    {
      shape: broadcastShapes(question, input(question, 0).shape, integersAt(question, 1)),
      type: input(question, 0).type,
    },
  ],
  Transpose: (question) => {
    const { shape, type } = input(question, 0);
    return [{ shape: integerList(question, "perm").map((axis) => shape[axis] as number), type }];
  },
  Concat: (question) => {
    const shapes = question.inputs.map((_, index) => input(question, index).shape);
    const axis = integer(question, "axis");
    const first = shapes[0] as readonly number[];
    const fits = shapes.every((shape) => shape.every((size, at) => at === axis || size === first[at]));
    if (!fits) throw mismatch(question);
    const total = shapes.reduce((sum, shape) => sum + (shape[axis] as number), 0);
    return [{ shape: first.map((size, at) => (at === axis ? total : size)), type: input(question, 0).type }];
  },
  Split: (question) => {
    const { shape, type } = input(question, 0);
    const axis = integer(question, "axis");
    const parts = integersAt(question, 1);
    if (parts.reduce((sum, part) => sum + part, 0) !== shape[axis]) throw mismatch(question);
    return parts.map((part) => ({ shape: shape.map((size, at) => (at === axis ? part : size)), type }));
  },
  Gather: (question) => {
    const [data, indices] = [input(question, 0), input(question, 1)];
    const axis = integer(question, "axis");
    return [
      { shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)], type: data.type },
    ];
  },
  Slice: (question) => {
    const { shape, type } = input(question, 0);
    const [starts, ends, axes] = [integersAt(question, 1), integersAt(question, 2), integersAt(question, 3)];
    const steps = question.inputs.length > 4 ? integersAt(question, 4) : axes.map(() => 1);
    const sliced = [...shape];
    axes.forEach((axis, at) => {
      const end = Math.min(ends[at] as number, shape[axis] as number);
      sliced[axis] = Math.ceil((end - (starts[at] as number)) / (steps[at] as number));
    });
    return [{ shape: sliced, type }];
  },
  Pad: (question) => {
    const { shape, type } = input(question, 0);
    const pads = integersAt(question, 1);
    const padded = shape.map((size, axis) => size + (pads[axis] as number) + (pads[axis + shape.length] as number));
    return [{ shape: padded, type }];
  },
  ReduceSum: (question) => [reducedShape(question)],
  ReduceMean: (question) => [reducedShape(question)],
  ReduceMax: (question) => [reducedShape(question)],
  ReduceSumSquare: (question) => [reducedShape(question)],
  ConstantOfShape: (question) => [{ shape: integersAt(question, 0), type: "float32" }],
  ScatterElements: sameAsFirst,
  ReorderInput: sameAsFirst,
  ReorderOutput: (question) => {
    const { shape, type } = input(question, 0);
    const [batch, channels, ...size] = shape as [number, number, ...number[]];
    const channelsLast = optionalInteger(question, "channels_last", 0) === 1;
    return [{ shape: channelsLast ? [batch, ...size, channels] : shape, type }];
  },
};

/** ONNX TensorProto.DataType. */
export const CODE_OF_TYPE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export const TYPE_OF_CODE: Readonly<Record<number, ElementType>> = Object.fromEntries(
  Object.entries(CODE_OF_TYPE).map(([type, code]) => [code, type as ElementType]),
);

/** Conv: x [N, C, H, W], w [M, C / groups, k, k] -> [N, M, H', W'], H' = floor((H + pads - d (k - 1) - 1) / s) + 1. */
function convolutionShape(question: ShapeQuestion): InferredValue {
  const [x, w] = [input(question, 0), input(question, 1)];
  const groups = optionalInteger(question, "group", 1);
  const [batch, channels] = x.shape;
  const [filters, channelsPerGroup] = w.shape;
  if (channels !== (channelsPerGroup as number) * groups || (filters as number) % groups !== 0)
    throw mismatch(question);
  return { shape: [batch as number, filters as number, ...windowedSizes(question, w.shape.slice(2))], type: x.type };
}

/** ConvTranspose: x [N, M, H, W], w [M, C / groups, k, k] -> [N, C, s (H - 1) + d (k - 1) + 1 + output_padding - pads]. */
function transposedConvolutionShape(question: ShapeQuestion): InferredValue {
  const [x, w] = [input(question, 0), input(question, 1)];
  const groups = optionalInteger(question, "group", 1);
  const rank = w.shape.length - 2;
  const { strides, dilations, pads } = windowAttributes(question, rank);
  const outputPadding = optionalList(question, "output_padding", rank, 0);
  if (x.shape[1] !== w.shape[0]) throw mismatch(question);
  const sizes = x.shape.slice(2).map((size, axis) => {
    const reach = (dilations[axis] as number) * ((w.shape[axis + 2] as number) - 1) + 1;
    const padding = (pads[axis] as number) + (pads[axis + rank] as number);
    return (strides[axis] as number) * (size - 1) + reach + (outputPadding[axis] as number) - padding;
  });
  return { shape: [x.shape[0] as number, (w.shape[1] as number) * groups, ...sizes], type: x.type };
}

function pooledShape(question: ShapeQuestion): number[] {
  const { shape } = input(question, 0);
  return [...shape.slice(0, 2), ...windowedSizes(question, integerList(question, "kernel_shape"))];
}

function windowedSizes(question: ShapeQuestion, kernel: readonly number[]): number[] {
  const sizes = input(question, 0).shape.slice(2);
  const { strides, dilations, pads } = windowAttributes(question, kernel.length);
  const ceil = optionalInteger(question, "ceil_mode", 0) === 1;
  return sizes.map((size, axis) => {
    const stride = strides[axis] as number;
    const padBefore = pads[axis] as number;
    const reach = (dilations[axis] as number) * ((kernel[axis] as number) - 1) + 1;
    const room = size + padBefore + (pads[axis + kernel.length] as number) - reach;
    if (room < 0) throw mismatch(question);
    const steps = ceil ? Math.ceil(room / stride) : Math.floor(room / stride);
    // A window that would start in the padding after the image is not counted, as in PyTorch and ONNX.
    return ceil && steps * stride >= size + padBefore ? steps : steps + 1;
  });
}

function windowAttributes(question: ShapeQuestion, rank: number) {
  return {
    strides: optionalList(question, "strides", rank, 1),
    dilations: optionalList(question, "dilations", rank, 1),
    pads: optionalList(question, "pads", 2 * rank, 0),
  };
}

function reshapedShape(question: ShapeQuestion): number[] {
  const { shape } = input(question, 0);
  const wanted = integersAt(question, 1).map((size, axis) => (size === 0 ? (shape[axis] as number) : size));
  const known = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const total = shape.reduce((product, size) => product * size, 1);
  const resolved = wanted.map((size) => (size === -1 ? total / known : size));
  const fits = resolved.reduce((product, size) => product * size, 1) === total && resolved.every(Number.isInteger);
  if (!fits) throw mismatch(question);
  return resolved;
}

function reducedShape(question: ShapeQuestion): InferredValue {
  const { shape, type } = input(question, 0);
  const axes = question.inputs.length > 1 ? integersAt(question, 1) : shape.map((_, axis) => axis);
  const keep = optionalInteger(question, "keepdims", 1) === 1;
  const reduced = shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
  return { shape: reduced, type };
}

/** NumPy's rule: sizes are compared from the last axis on, and 1 stretches. */
function broadcastShapes(question: ShapeQuestion, first: readonly number[], second: readonly number[]): number[] {
  const rank = Math.max(first.length, second.length);
  return Array.from({ length: rank }, (_, axis) => {
    const a = first[axis - rank + first.length] ?? 1;
    const b = second[axis - rank + second.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw mismatch(question);
    return a === 1 ? b : a;
  });
}

function transposed(shape: readonly number[], flag: number): [number, number] {
  const [rows, columns] = shape as [number, number];
  return flag === 1 ? [columns, rows] : [rows, columns];
}

function input(question: ShapeQuestion, index: number): Value {
  const value = question.inputs[index];
  if (value === null || value === undefined) throw new Error(`${question.operator} lacks its input ${index}.`);
  return value;
}

function integersAt(question: ShapeQuestion, index: number): readonly number[] {
  const numbers = question.integers(input(question, index));
  if (numbers === undefined) throw new Error(`${question.operator} needs a stored integer list as input ${index}.`);
  return numbers;
}

function integer(question: ShapeQuestion, name: string): number {
  const attribute = question.attributes[name];
  if (typeof attribute !== "number") throw new Error(`${question.operator} lacks the integer attribute ${name}.`);
  return attribute;
}

function optionalInteger(question: ShapeQuestion, name: string, byDefault: number): number {
  return question.attributes[name] === undefined ? byDefault : integer(question, name);
}

function integerList(question: ShapeQuestion, name: string): readonly number[] {
  const attribute = question.attributes[name];
  if (!Array.isArray(attribute)) throw new Error(`${question.operator} lacks the list attribute ${name}.`);
  return attribute;
}

function optionalList(question: ShapeQuestion, name: string, length: number, byDefault: number): readonly number[] {
  return question.attributes[name] === undefined
    ? new Array<number>(length).fill(byDefault)
    : integerList(question, name);
}

function mismatch(question: ShapeQuestion): Error {
  const shapes = question.inputs.map((value) => (value === null ? "-" : `[${value.shape.join(", ")}]`)).join(", ");
  return new Error(`${question.operator} cannot take ${shapes} with ${JSON.stringify(question.attributes)}.`);
}
