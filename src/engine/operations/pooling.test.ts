import { describe, expect, test } from "vitest";
import { expectGradientsOf, generatedInput, type Reference } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { readGoldenTensors } from "../../../test/engine/golden.ts";
import { runOperation } from "../../../test/engine/run-operation.ts";
import { Computation } from "../computation.ts";
import {
  adaptiveAveragePool,
  averagePool,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolingOptions,
} from "./pooling.ts";

const golden = readGoldenTensors("layers.safetensors");

const layers: Readonly<Record<string, PoolingOptions>> = {
  maxpool3s2: { kernel: 3, stride: 2 },
  maxpool3s2_55: { kernel: 3, stride: 2 },
  maxpool2s2: { kernel: 2, stride: 2 },
  maxpool3s2_ceil: { kernel: 3, stride: 2, ceil: true },
  maxpool3s2p1: { kernel: 3, stride: 2, padding: 1 },
  maxpool3s1p1_ceil: { kernel: 3, stride: 1, padding: 1, ceil: true },
  maxpool2s2_ceil: { kernel: 2, stride: 2, ceil: true },
  maxpool3s2_ties: { kernel: 3, stride: 2 },
};

test.each(Object.entries(layers))(
  "%s and its gradient are PyTorch's, to the bit where nothing is summed",
  async (name, options) => {
    const { shape, output, gradients } = await runOperation(
      (computation, [x]) => maxPool(computation, x!, options),
      [golden(`${name}/x`)],
      golden(`${name}/gy`).data,
    );
    expect(shape).toEqual(golden(`${name}/y`).shape);
    expect(output).toEqual(golden(`${name}/y`).data);
    expectClose(gradients[0]!, golden(`${name}/gx`).data, 2e-7, "gradient");
  },
);

test("global average pooling and its gradient are PyTorch's", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => globalAveragePool(computation, x!),
    [golden("gap_mean/x")],
    golden("gap_mean/gy").data,
  );
  expectClose(output, golden("gap_mean/y").data, 2e-6);
  expectClose(gradients[0]!, golden("gap_mean/gx").data, 2e-6);
});

test.each([
  ["adaptiveavg6_from_6", 6],
  ["adaptiveavg6_from_7", 6],
  ["adaptiveavg1", 1],
])("%s and its gradient are PyTorch's", async (name, size) => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => adaptiveAveragePool(computation, x!, size, size),
    [golden(`${name}/x`)],
    golden(`${name}/gy`).data,
  );
  expectClose(output, golden(`${name}/y`).data, 2e-6);
  expectClose(gradients[0]!, golden(`${name}/gx`).data, 2e-6);
});

test("an adaptive mean of 5 rows by 2 and 7 columns by 3 covers overlapping windows, with their gradient", async () => {
  const [rows, columns] = [
    [
      [0, 3],
      [2, 5],
    ],
    [
      [0, 3],
      [2, 5],
      [4, 7],
    ],
  ] as const;
  await expectGradientsOf(
    (computation, [x]) => adaptiveAveragePool(computation, x!, 2, 3),
    [generatedInput([1, 2, 5, 7], 3)],
    ([x]) => {
      const means: number[] = [];
      for (const plane of [0, 1])
        for (const [top, bottom] of rows)
          for (const [left, right] of columns) {
            let sum = 0;
            for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) sum += x![plane * 35 + i * 7 + j]!;
            means.push(sum / ((bottom - top) * (right - left)));
          }
      return Float64Array.from(means);
    },
  );
});

test.each([
  { kernel: 2, stride: 2 },
  { kernel: 3, stride: 2, padding: 1 },
  { kernel: 3, stride: 1, padding: 1 },
  { kernel: 2, stride: 3 },
])("average pooling %o counts the padding's zeros, with its gradient", async (options) => {
  const shape = [2, 2, 7, 6] as const;
  await expectGradientsOf(
    (computation, [x]) => averagePool(computation, x!, options),
    [generatedInput(shape, 4)],
    overWindows(shape, options, (numbers) => numbers.reduce((sum, number) => sum + number, 0) / options.kernel ** 2),
  );
});

test("the maximum of a whole channel, and its gradient to the first of equals", async () => {
  const { shape, output, gradients } = await runOperation(
    (computation, [x]) => globalMaxPool(computation, x!),
    [{ shape: [1, 2, 2, 3], data: [1, 5, 2, 5, 0, -1, -7, -3, -4, -5, -3, -9] }],
    [10, 20],
  );
  expect(shape).toEqual([1, 2]);
  expect([...output]).toEqual([5, -3]);
  expect([...gradients[0]!]).toEqual([0, 10, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0]);
});

test("without a backward pass the positions of the maxima are not computed", () => {
  const computation = new Computation({ kind: "inference", weights: new Map(), storage: "float32" });
  maxPool(computation, computation.input("x", [1, 1, 4, 4]), { kernel: 2, stride: 2 });
  expect(computation.graph.nodes[0]!.outputs).toHaveLength(1);
});

describe.each([
  { kernel: 3, stride: 2 },
  { kernel: 3, stride: 1, padding: 1 },
  { kernel: 2, stride: 2, ceil: true },
  { kernel: 3, stride: 2, padding: 1, ceil: true },
])("maximum pooling $kernel x $kernel, stride $stride, padding $padding, ceil $ceil", (options) => {
  test("has the gradient of the definition by central differences", async () => {
    const shape = [2, 2, 7, 6] as const;
    await expectGradientsOf(
      (computation, [x]) => maxPool(computation, x!, options),
      [generatedInput(shape, 1)],
      overWindows(shape, options, (numbers) => Math.max(...numbers)),
    );
  });
});

test("the mean's gradient is that of the definition by central differences", async () => {
  await expectGradientsOf(
    (computation, [x]) => globalAveragePool(computation, x!),
    [generatedInput([2, 3, 2, 5], 2)],
    ([x]) =>
      Float64Array.from(
        { length: 6 },
        (_, plane) => x!.subarray(plane * 10, plane * 10 + 10).reduce((a, b) => a + b) / 10,
      ),
  );
});

test("padding never wins: the maximum of negative numbers is negative", async () => {
  const { output } = await runOperation(
    (computation, [x]) => maxPool(computation, x!, { kernel: 3, stride: 1, padding: 1 }),
    [{ shape: [1, 1, 2, 2], data: [-3e38, -1, -2, -4] }],
    null,
  );
  expect([...output]).toEqual([-1, -1, -1, -1]);
});

/** PyTorch's rule for ceil: a window that would start in the padding after the image does not count. */
function overWindows(
  shape: readonly [number, number, number, number],
  options: PoolingOptions,
  summary: (numbers: readonly number[]) => number,
): Reference {
  const [batch, channels, height, width] = shape;
  const { kernel, stride, padding = 0, ceil = false } = options;
  const count = (size: number) => {
    const steps = (size + 2 * padding - kernel) / stride;
    const windows = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return (windows - 1) * stride >= size + padding ? windows - 1 : windows;
  };
  return ([x]) => {
    const summaries: number[] = [];
    for (let plane = 0; plane < batch * channels; plane++)
      for (let i = 0; i < count(height); i++)
        for (let j = 0; j < count(width); j++) {
          const numbers: number[] = [];
          for (let u = 0; u < kernel; u++)
            for (let v = 0; v < kernel; v++) {
              const [row, column] = [i * stride + u - padding, j * stride + v - padding];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              numbers.push(x![(plane * height + row) * width + column]!);
            }
          summaries.push(summary(numbers));
        }
    return Float64Array.from(summaries);
  };
}
