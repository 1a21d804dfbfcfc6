import { expect, test } from "vitest";
import { expectGradientsOf, generatedInput } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { readGoldenTensors } from "../../../test/engine/golden.ts";
import { runOperation } from "../../../test/engine/run-operation.ts";
import { relu, relu6, sigmoid, softmax } from "./activations.ts";

const golden = readGoldenTensors("layers.safetensors");
const operations = { relu, sigmoid, softmax };

test.each(["relu", "sigmoid", "softmax"] as const)("%s and its gradient are PyTorch's", async (name) => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => operations[name](computation, x!),
    [golden(`${name}/x`)],
    golden(`${name}/gy`).data,
  );
  expectClose(output, golden(`${name}/y`).data, 2e-6);
  expectClose(gradients[0]!, golden(`${name}/gx`).data, 2e-6);
});

test("ReLU's gradient is that of max(0, x) by central differences", async () => {
  await expectGradientsOf(
    (computation, [x]) => relu(computation, x!),
    [generatedInput([2, 3, 4, 5], 1)],
    ([x]) => x!.map((number) => Math.max(0, number)),
  );
});

test("the sigmoid's gradient is that of 1 / (1 + exp(-x)) by central differences", async () => {
  await expectGradientsOf(
    (computation, [x]) => sigmoid(computation, x!),
    [generatedInput([2, 3, 4, 5], 2, 6)],
    ([x]) => x!.map((number) => 1 / (1 + Math.exp(-number))),
  );
});

test("ReLU6's gradient is that of min(6, max(0, x)) by central differences", async () => {
  await expectGradientsOf(
    (computation, [x]) => relu6(computation, x!),
    [generatedInput([3, 40], 4, 10)],
    ([x]) => x!.map((number) => Math.min(6, Math.max(0, number))),
  );
});

test("ReLU6 passes no gradient at its corners, as PyTorch's", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => relu6(computation, x!),
    [{ shape: [7], data: [-3e38, 0, 1e-30, 3, 5.999999, 6, 3e38] }],
    null,
  );
  expect([...output]).toEqual([0, 0, 1e-30, 3, 5.999999, 6, 6].map(Math.fround));
  expect([...gradients[0]!]).toEqual([0, 0, 1, 1, 1, 0, 0]);
});

test("a softmax over the second of three axes", async () => {
  await expectGradientsOf(
    (computation, [x]) => softmax(computation, x!),
    [generatedInput([2, 3, 4], 6, 2)],
    ([x]) =>
      x!.map((number, index) => {
        const first = Math.floor(index / 12) * 12 + (index % 4);
        const total = [0, 4, 8].reduce((sum, step) => sum + Math.exp(x![first + step]!), 0);
        return Math.exp(number) / total;
      }),
  );
});

test("the softmax's gradient is that of exp(x_j) / sum exp(x_k) by central differences", async () => {
  await expectGradientsOf(
    (computation, [x]) => softmax(computation, x!),
    [generatedInput([5, 3], 3, 4)],
    ([x]) =>
      x!.map((number, index) => {
        const row = x!.subarray(index - (index % 3), index - (index % 3) + 3);
        return Math.exp(number) / row.reduce((sum, other) => sum + Math.exp(other), 0);
      }),
  );
});

test("ReLU passes the gradient of every positive number, however small, and none at zero or below", async () => {
  const x = [1e-30, 1e-37, 3e38, Number.POSITIVE_INFINITY, 0, -0, -1e-30, -3e38];
  const { output, gradients } = await runOperation(
    (computation, [value]) => relu(computation, value!),
    [{ shape: [8], data: x }],
    null,
  );
  expect([...gradients[0]!]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  expect(Math.max(...output.subarray(4).map(Math.abs))).toBe(0);
});

test("the sigmoid of huge numbers is 0 or 1 with a gradient of 0", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => sigmoid(computation, x!),
    [{ shape: [4], data: [-1e4, -200, 200, 1e4] }],
    null,
  );
  expectClose(output, [0, 0, 1, 1], 1e-12);
  expectClose(gradients[0]!, [0, 0, 0, 0], 1e-12);
});

test("the softmax of logits a thousand apart is finite", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => softmax(computation, x!),
    [{ shape: [2, 2], data: [2000, -2000, -3000, -3001] }],
    [1, 0, 1, 0],
  );
  const p = 1 / (1 + Math.exp(-1));
  expectClose(output, [1, 0, p, 1 - p], 1e-6);
  expectClose(gradients[0]!, [0, 0, p * (1 - p), -p * (1 - p)], 1e-6);
});
