import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { elementCount, Graph, type Value } from "../../../src/engine/graph.ts";
import { encodeOnnx } from "../../../src/engine/onnx-file.ts";
import { openSession } from "../../../src/engine/session.ts";
import { expectClose } from "../expect-close.ts";
import { generateNumbers } from "../generated-numbers.ts";
import { interpretGraph, rememberConstants } from "./interpret.ts";

type Case = readonly [
  name: string,
  shapes: readonly (readonly number[])[],
  build: (graph: Graph, x: Value[]) => Value[],
];

const square = (kernel: number, rest: object = {}) => ({ kernel_shape: [kernel, kernel], ...rest });
const padsOf = (pad: number) => ({ pads: [pad, pad, pad, pad] });

const cases: readonly Case[] = [
  ["Conv", [[2, 5, 9, 7], [6, 5, 3, 3], [6]], (graph, x) => [graph.add("Conv", x, square(3, padsOf(1)))]],
  [
    "Conv, one filter, one column",
    [
      [1, 3, 4, 4],
      [1, 3, 4, 4],
    ],
    (graph, x) => [graph.add("Conv", x, square(4))],
  ],
  [
    "Conv with strides, dilations and unequal padding",
    [
      [2, 3, 11, 12],
      [7, 3, 3, 3],
    ],
    (graph, x) => [graph.add("Conv", x, square(3, { strides: [2, 3], dilations: [2, 1], pads: [2, 1, 0, 1] }))],
  ],
  [
    "Conv in groups",
    [
      [2, 6, 8, 8],
      [9, 2, 3, 3],
    ],
    (graph, x) => [graph.add("Conv", x, square(3, { group: 3, strides: [2, 2], ...padsOf(1) }))],
  ],
  [
    "ConvTranspose",
    [
      [2, 4, 5, 6],
      [4, 3, 3, 3],
    ],
    (graph, x) => [graph.add("ConvTranspose", x, square(3, { strides: [2, 2], ...padsOf(1), output_padding: [1, 0] }))],
  ],
  [
    "ConvTranspose in groups",
    [
      [2, 6, 5, 5],
      [6, 2, 3, 3],
    ],
    (graph, x) => [graph.add("ConvTranspose", x, square(3, { group: 3, strides: [2, 2], output_padding: [1, 1] }))],
  ],
  [
    "MaxPool and the gradient that is scattered to the first maxima",
    [[2, 3, 9, 8]],
    (graph, [x]) => {
      const [y, indices] = graph.addAll("MaxPool", [graph.add("Relu", [x!])], {
        ...square(3, { strides: [2, 2], ...padsOf(1) }),
        ceil_mode: 1,
      }) as [Value, Value];
      const zeros = graph.constant(new Array<number>(elementCount(x!.shape)).fill(0), [elementCount(x!.shape)]);
      const flat = [zeros, graph.reshape(indices, [-1]), graph.reshape(y, [-1])];
      return [y, graph.add("ScatterElements", flat, { axis: 0, reduction: "add" })];
    },
  ],
  [
    "MatMul of batches",
    [
      [2, 3, 4, 5],
      [5, 3],
    ],
    (graph, x) => [graph.add("MatMul", x)],
  ],
  [
    "MatMul of one matrix with batches",
    [
      [4, 5],
      [2, 3, 5, 6],
    ],
    (graph, x) => [graph.add("MatMul", x)],
  ],
  ["Gemm with a bias", [[5, 7], [3, 7], [3]], (graph, x) => [graph.add("Gemm", x, { transB: 1 })]],
  [
    "Gemm with the first matrix transposed",
    [
      [7, 5],
      [7, 3],
    ],
    (graph, x) => [graph.add("Gemm", x, { transA: 1 })],
  ],
  [
    "batch normalisation",
    [[3, 4, 5, 2], [4], [4], [4]],
    (graph, [x, scale, bias, mean]) => {
      const variance = graph.sum(graph.add("Mul", [x!, x!]), [0, 2, 3], false);
      const attributes = { epsilon: { float: 1e-5 } };
      return [graph.add("BatchNormalization", [x!, scale!, bias!, mean!, variance], attributes)];
    },
  ],
  [
    "elementwise operators, repeated along axes",
    [
      [2, 3, 4, 5],
      [3, 1, 1],
      [2, 3, 1, 5],
    ],
    (graph, [x, column, row]) => {
      const sum = graph.add("Sub", [graph.add("Add", [x!, column!]), graph.add("Mul", [column!, row!])]);
      const positive = graph.add("Add", [graph.add("Mul", [sum, sum]), graph.scalar(1)]);
      const quotient = graph.add("Div", [graph.add("Neg", [sum]), graph.add("Sqrt", [positive])]);
      const power = graph.add("Pow", [graph.add("Max", [positive, graph.scalar(1.5)]), graph.scalar(2)]);
      const mask = graph.add("HardSigmoid", [sum], { alpha: { float: 3e38 }, beta: { float: 0 } });
      const clipped = graph.add("Clip", [power, graph.scalar(0), graph.scalar(2.5)]);
      return [quotient, clipped, mask, graph.add("Sigmoid", [sum])];
    },
  ],
  [
    "sums and means",
    [[2, 3, 4, 5]],
    (graph, [x]) => [
      graph.sum(x!, [0, 2, 3], false),
      graph.sum(x!, [1], true),
      graph.sum(x!, [3], false),
      graph.add("ReduceMean", [x!, graph.integers([0, 2, 3])], { keepdims: 0 }),
      graph.add("GlobalAveragePool", [x!]),
    ],
  ],
  [
    "softmax",
    [
      [4, 3],
      [2, 3, 5],
    ],
    (graph, [x, maps]) => [
      graph.add("Softmax", [x!], { axis: 1 }),
      graph.add("LogSoftmax", [x!], { axis: 1 }),
      graph.add("Softmax", [maps!], { axis: 1 }),
    ],
  ],
  [
    "layouts",
    [
      [2, 6, 4, 5],
      [2, 1, 4, 5],
    ],
    (graph, [x, y]) => {
      const [starts, ends, axes, steps] = [
        [1, 0],
        [6, 5],
        [1, 3],
        [2, 3],
      ].map((list) => graph.integers(list));
      return [
        graph.transpose(x!, [1, 3, 0, 2]),
        graph.add("Slice", [x!, starts!, ends!, axes!, steps!]),
        graph.add("Pad", [x!, graph.integers([0, 1, 2, 0, 0, 2, 0, 3])]),
        graph.add("Gather", [x!, graph.integers([4, 0, 2])], { axis: 1 }),
        graph.add("Concat", [y!, x!], { axis: 1 }),
        ...graph.addAll("Split", [x!, graph.integers([1, 3, 2])], { axis: 1 }),
        graph.add("Expand", [y!, graph.integers([2, 3, 4, 5])]),
      ];
    },
  ],
];

test.each(cases)("%s: as ONNX Runtime's, to float32's rounding", async (_, shapes, build) => {
  const graph = new Graph();
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, shape));
  const outputs = build(graph, inputs);
  const names = outputs.map(({ name }) => name);
  const given = Object.fromEntries(
    inputs.map(({ name, shape }, index) => [name, Float32Array.from(generateNumbers(index + 1, elementCount(shape)))]),
  );
  const computed = interpretGraph(graph, given, names);
  outputs.forEach((output, index) => {
    graph.output(output, `y${index}`);
  });
  const session = await openSession(encodeOnnx(graph), { device: "cpu", threads: 1 });
  const results = await session.run(
    Object.fromEntries(inputs.map(({ name, shape }) => [name, new Tensor("float32", given[name]!, [...shape])])),
  );
  await session.release();
  outputs.forEach(({ name, shape }, index) => {
    const actual = computed.get(name);
    expect(actual?.shape).toEqual(shape);
    expectClose(actual?.data ?? [], results[`y${index}`]?.data as Float32Array, 2e-6, name);
  });
});

test("a product longer than a panel of columns has all of them (by hand: ones give the count of channels)", () => {
  const graph = new Graph();
  const [x, w] = [graph.input("x", [1, 600, 40, 41]), graph.input("w", [3, 600, 1, 1])];
  const y = graph.add("Conv", [x, w], { kernel_shape: [1, 1] });
  const ones = (count: number) => new Float64Array(count).fill(1);
  const { data } = interpretGraph(graph, { x: ones(600 * 40 * 41), w: ones(1800) }, [y.name]).get(y.name)!;
  expect(data).toHaveLength(3 * 40 * 41);
  expect(data.every((sum) => sum === 600)).toBe(true);
});

test("constants keep their digits", () => {
  const graph = new Graph();
  const constants = rememberConstants(graph);
  const y = graph.add("Mul", [graph.input("x", [1]), graph.scalar(1 / 3)]);
  expect(interpretGraph(graph, { x: [3] }, [y.name], constants).get(y.name)?.data[0]).toBe(1);
});
