import { describe, expect, test } from "vitest";
import type { Attribute, ElementType } from "./graph.ts";
import { inferShapes } from "./shape-rules.ts";

type Shape = readonly number[];
/** Inputs: a shape, null for an omitted input, or the content of a stored integer list. */
type Input = Shape | null | { readonly list: readonly number[] };

function infer(
  operator: string,
  inputs: readonly Input[],
  attributes: Readonly<Record<string, Attribute>> = {},
  type: ElementType = "float32",
) {
  const lists = new Map<string, readonly number[]>();
  const values = inputs.map((input, index) => {
    if (input === null) return null;
    if (!("list" in input)) return { name: `input_${index}`, shape: input, type };
    lists.set(`input_${index}`, input.list);
    return { name: `input_${index}`, shape: [input.list.length], type: "int64" as const };
  });
  return inferShapes({ operator, inputs: values, attributes, integers: ({ name }) => lists.get(name) });
}

const list = (...numbers: number[]) => ({ list: numbers });

const rules: readonly (readonly [string, readonly Input[], Readonly<Record<string, Attribute>>, ...Shape[]])[] = [
  [
    "Add",
    [
      [2, 3],
      [2, 3],
    ],
    {},
    [2, 3],
  ],
  [
    "Add",
    [
      [4, 1, 5],
      [3, 1],
    ],
    {},
    [4, 3, 5],
  ],
  ["Mul", [[2, 3], []], {}, [2, 3]],
  ["Sub", [[1], [7]], {}, [7]],
  ["Relu", [[2, 3, 4]], {}, [2, 3, 4]],
  ["Softmax", [[2, 3]], { axis: 1 }, [2, 3]],
  // torchvision's AlexNet: 224 -> 55 -> 27 -> 27 -> 13
  ["Conv", [[1, 3, 224, 224], [64, 3, 11, 11], [64]], { strides: [4, 4], pads: [2, 2, 2, 2] }, [1, 64, 55, 55]],
  ["MaxPool", [[1, 64, 55, 55]], { kernel_shape: [3, 3], strides: [2, 2] }, [1, 64, 27, 27], [1, 64, 27, 27]],
  [
    "Conv",
    [
      [1, 64, 27, 27],
      [192, 64, 5, 5],
    ],
    { pads: [2, 2, 2, 2] },
    [1, 192, 27, 27],
  ],
  ["MaxPool", [[1, 192, 27, 27]], { kernel_shape: [3, 3], strides: [2, 2] }, [1, 192, 13, 13], [1, 192, 13, 13]],
  [
    "Conv",
    [
      [2, 6, 8, 9],
      [6, 1, 3, 3],
    ],
    { group: 6, pads: [1, 1, 1, 1] },
    [2, 6, 8, 9],
  ],
  [
    "Conv",
    [
      [1, 3, 9, 9],
      [3, 3, 3, 3],
    ],
    { dilations: [2, 2], pads: [2, 2, 2, 2] },
    [1, 3, 9, 9],
  ],
  [
    "Conv",
    [
      [1, 1, 5, 6],
      [2, 1, 2, 3],
    ],
    {},
    [1, 2, 4, 4],
  ],
  // The strided gradient of 14 x 15 -> 7 x 8: padding cuts a row that output_padding gives back.
  [
    "ConvTranspose",
    [
      [2, 4, 7, 8],
      [4, 5, 3, 3],
    ],
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0] },
    [2, 5, 14, 15],
  ],
  [
    "ConvTranspose",
    [
      [1, 6, 5, 5],
      [6, 1, 3, 3],
    ],
    { group: 6, strides: [2, 2], pads: [1, 1, 1, 1] },
    [1, 6, 9, 9],
  ],
  ["MaxPool", [[1, 2, 7, 7]], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }, [1, 2, 4, 4], [1, 2, 4, 4]],
  // The fifth window would start in the padding: PyTorch and ONNX leave it out.
  [
    "MaxPool",
    [[1, 1, 7, 7]],
    { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
    [1, 1, 4, 4],
    [1, 1, 4, 4],
  ],
  ["AveragePool", [[1, 2, 8, 9]], { kernel_shape: [2, 2], strides: [2, 2] }, [1, 2, 4, 4]],
  ["GlobalAveragePool", [[3, 5, 13, 14]], {}, [3, 5, 1, 1]],
  [
    "Gemm",
    [
      [3, 4],
      [4, 5],
    ],
    {},
    [3, 5],
  ],
  ["Gemm", [[3, 4], [5, 4], [5]], { transB: 1 }, [3, 5]],
  [
    "Gemm",
    [
      [3, 4],
      [3, 5],
    ],
    { transA: 1 },
    [4, 5],
  ],
  [
    "MatMul",
    [
      [2, 7, 3, 4],
      [4, 5],
    ],
    {},
    [2, 7, 3, 5],
  ],
  [
    "MatMul",
    [
      [3, 4],
      [2, 7, 4, 5],
    ],
    {},
    [2, 7, 3, 5],
  ],
  ["Reshape", [[2, 3, 4], list(0, -1)], {}, [2, 12]],
  ["Reshape", [[2, 3, 4], list(6, 4)], {}, [6, 4]],
  ["Expand", [[2, 3, 1, 1], list(2, 3, 4, 5)], {}, [2, 3, 4, 5]],
  ["Transpose", [[2, 3, 4]], { perm: [2, 0, 1] }, [4, 2, 3]],
  [
    "Concat",
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
    { axis: 1 },
    [2, 8, 4],
  ],
  ["Split", [[2, 8], list(3, 5)], { axis: 1 }, [2, 3], [2, 5]],
  ["Gather", [[2, 9, 4], list(8, 7, 6)], { axis: 1 }, [2, 3, 4]],
  ["Slice", [[2, 9, 9], list(1, 0), list(8, 99), list(1, 2)], {}, [2, 7, 9]],
  ["Slice", [[9], list(1), list(9), list(0), list(3)], {}, [3]],
  ["Pad", [[2, 3], list(1, 0, 2, 4)], {}, [5, 7]],
  ["ReduceSum", [[2, 3, 4], list(0, 2)], { keepdims: 0 }, [3]],
  ["ReduceMax", [[2, 3, 4], list(1)], { keepdims: 1 }, [2, 1, 4]],
  ["ReduceSumSquare", [[2, 3]], { keepdims: 0 }, []],
  ["ConstantOfShape", [list(4, 5)], {}, [4, 5]],
  ["ScatterElements", [[10], [4], [4]], {}, [10]],
  ["ReorderOutput", [[2, 16, 5, 6]], { channels: 16, channels_last: 1 }, [2, 5, 6, 16]],
];

test.each(rules.map(([operator, inputs, attributes, ...outputs]) => ({ operator, inputs, attributes, outputs })))(
  "$operator of $inputs with $attributes gives $outputs",
  ({ operator, inputs, attributes, outputs }) => {
    expect(infer(operator, inputs, attributes).map(({ shape }) => shape)).toEqual(outputs);
  },
);

describe("what does not fit is refused with the operator and the shapes", () => {
  const misfits: [string, readonly Input[], Readonly<Record<string, Attribute>>?][] = [
    [
      "Add",
      [
        [2, 3],
        [2, 4],
      ],
    ],
    [
      "Conv",
      [
        [1, 3, 8, 8],
        [4, 2, 3, 3],
      ],
    ],
    [
      "Conv",
      [
        [1, 4, 8, 8],
        [3, 2, 3, 3],
      ],
      { group: 2 },
    ],
    [
      "Conv",
      [
        [1, 1, 2, 8],
        [1, 1, 3, 3],
      ],
    ],
    [
      "ConvTranspose",
      [
        [1, 3, 4, 4],
        [2, 5, 3, 3],
      ],
    ],
    ["MaxPool", [[1, 1, 2, 2]], { kernel_shape: [3, 3] }],
    [
      "Gemm",
      [
        [3, 4],
        [3, 5],
      ],
    ],
    [
      "MatMul",
      [
        [2, 3],
        [4, 5],
      ],
    ],
    ["MatMul", [[4], [4, 5]]],
    ["Reshape", [[2, 3], list(4)]],
    ["Reshape", [[2, 3], list(4, -1)]],
    [
      "Concat",
      [
        [2, 3],
        [3, 3],
      ],
      { axis: 1 },
    ],
    ["Split", [[2, 8], list(3, 4)], { axis: 1 }],
  ];
  test.each(misfits)("%s of %j", (operator, inputs, attributes = {}) => {
    expect(() => infer(operator, inputs, attributes)).toThrow(new RegExp(`^${operator} cannot take \\[`));
  });

  test("a missing input, attribute or list, and an unknown operator", () => {
    expect(() => infer("Add", [[2], null])).toThrow("Add lacks its input 1.");
    expect(() => infer("Concat", [[2], [2]])).toThrow("Concat lacks the integer attribute axis.");
    expect(() => infer("Transpose", [[2]])).toThrow("Transpose lacks the list attribute perm.");
    expect(() => infer("Reshape", [[2, 3], [1]])).toThrow("Reshape needs a stored integer list as input 1.");
    expect(() => infer("Frobnicate", [[2]])).toThrow("No shape rule for the operator Frobnicate.");
  });
});

test("types follow: a comparison is bool, the positions of maxima are int64, the rest is as the first input", () => {
  expect(infer("Greater", [[2], [2]])[0]!.type).toBe("bool");
  expect(infer("MaxPool", [[1, 1, 3, 3]], { kernel_shape: [3, 3] }).map(({ type }) => type)).toEqual([
    "float32",
    "int64",
  ]);
  expect(infer("Relu", [[2]], {}, "float16")[0]!.type).toBe("float16");
});
