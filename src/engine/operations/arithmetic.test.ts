import { expect, test } from "vitest";
import { expectGradientsOf, generatedInput } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { readGoldenTensors } from "../../../test/engine/golden.ts";
import { runOperation } from "../../../test/engine/run-operation.ts";
import {
  add,
  attend,
  attendedMean,
  concatenate,
  flatten,
  linear,
  reshape,
  scaleChannels,
  takeChannels,
} from "./arithmetic.ts";

test("linear and its gradients are PyTorch's", async () => {
  const golden = readGoldenTensors("layers.safetensors");
  const { output, gradients } = await runOperation(
    (computation, [x, weight, bias]) => linear(computation, x!, weight!, bias!),
    [golden("linear/x"), golden("linear/p.weight"), golden("linear/p.bias")],
    golden("linear/gy").data,
  );
  expectClose(output, golden("linear/y").data, 2e-6);
  expectClose(gradients[0]!, golden("linear/gx").data, 2e-6);
  expectClose(gradients[1]!, golden("linear/g.weight").data, 2e-6);
  expectClose(gradients[2]!, golden("linear/g.bias").data, 2e-6);
});

test("linear's gradients are those of x w^T + b by central differences", async () => {
  await expectGradientsOf(
    (computation, [x, weight, bias]) => linear(computation, x!, weight!, bias!),
    [generatedInput([3, 4], 1), generatedInput([2, 4], 2), generatedInput([2], 3)],
    ([x, weight, bias]) =>
      Float64Array.from({ length: 6 }, (_, index) => {
        const [row, column] = [Math.floor(index / 2), index % 2];
        let sum = bias![column]!;
        for (let k = 0; k < 4; k++) sum += x![row * 4 + k]! * weight![column * 4 + k]!;
        return sum;
      }),
  );
});

test("a sum gives its gradient to both terms", async () => {
  await expectGradientsOf(
    (computation, [a, b]) => add(computation, a!, b!),
    [generatedInput([2, 3], 4), generatedInput([2, 3], 5)],
    ([a, b]) => a!.map((number, index) => number + b![index]!),
  );
});

test("a value used twice receives the sum of both gradients", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => add(computation, x!, add(computation, x!, x!)),
    [{ shape: [2], data: [1, -2] }],
    [1, 10],
  );
  expect([...output]).toEqual([3, -6]);
  expect([...gradients[0]!]).toEqual([3, 30]);
});

test("attention weighs every spatial vector of the features, with the gradients of both", async () => {
  const [batch, channels, area] = [2, 3, 4];
  await expectGradientsOf(
    (computation, [features, attention]) => attend(computation, features!, attention!),
    [generatedInput([batch, channels, 2, 2], 6), generatedInput([batch, 1, 2, 2], 7)],
    ([features, attention]) =>
      features!.map((number, index) => {
        const image = Math.floor(index / (channels * area));
        return number * attention![image * area + (index % area)]!;
      }),
  );
});

test("the mean of attended features is the sum over places of feature times attention by their number", async () => {
  const [batch, channels, area] = [2, 3, 6];
  await expectGradientsOf(
    (computation, [features, attention]) => attendedMean(computation, features!, attention!),
    [generatedInput([batch, channels, 2, 3], 6), generatedInput([batch, 1, 2, 3], 7)],
    ([features, attention]) =>
      Float64Array.from({ length: batch * channels }, (_, row) => {
        const weights = attention!.subarray(Math.floor(row / channels) * area).subarray(0, area);
        return weights.reduce((sum, weight, place) => sum + weight * features![row * area + place]!, 0) / area;
      }),
  );
});

test("channel attention weighs every channel, with the gradients of both", async () => {
  await expectGradientsOf(
    (computation, [features, weights]) => scaleChannels(computation, features!, weights!),
    [generatedInput([2, 3, 2, 3], 8), generatedInput([2, 3], 9)],
    ([features, weights]) => features!.map((number, index) => number * weights![Math.floor(index / 6)]!),
  );
});

test("taken channels get their gradient, the others none", async () => {
  const { shape, output, gradients } = await runOperation(
    (computation, [x]) => takeChannels(computation, x!, 1, 3),
    [{ shape: [2, 4, 2], data: Array.from({ length: 16 }, (_, index) => index) }],
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  expect(shape).toEqual([2, 2, 2]);
  expect([...output]).toEqual([2, 3, 4, 5, 10, 11, 12, 13]);
  expect([...gradients[0]!]).toEqual([0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0]);
});

test("another shape of an image's numbers keeps their order", async () => {
  const data = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const { shape, output, gradients } = await runOperation(
    (computation, [x]) => reshape(computation, x!, [3, 2]),
    [{ shape: [2, 6], data }],
    data,
  );
  expect(shape).toEqual([2, 3, 2]);
  expect([...output]).toEqual(data);
  expect([...gradients[0]!]).toEqual(data);
});

test("concatenation joins channels, and each part gets its own gradient", async () => {
  const { output, gradients } = await runOperation(
    (computation, parts) => concatenate(computation, parts),
    [
      { shape: [2, 1], data: [1, 2] },
      { shape: [2, 2], data: [3, 4, 5, 6] },
      { shape: [2, 1], data: [7, 8] },
    ],
    [10, 20, 30, 40, 50, 60, 70, 80],
  );
  expect([...output]).toEqual([1, 3, 4, 7, 2, 5, 6, 8]);
  expect(gradients.map((gradient) => [...gradient])).toEqual([
    [10, 50],
    [20, 30, 60, 70],
    [40, 80],
  ]);
});

test("flatten keeps the numbers of an image in order", async () => {
  const data = Array.from({ length: 24 }, (_, index) => index);
  const { shape, output, gradients } = await runOperation(
    (computation, [x]) => flatten(computation, x!),
    [{ shape: [2, 3, 2, 2], data }],
    data,
  );
  expect(shape).toEqual([2, 12]);
  expect([...output]).toEqual(data);
  expect([...gradients[0]!]).toEqual(data);
});
