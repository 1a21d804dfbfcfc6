import { beforeAll, describe, expect, test } from "vitest";
import { expectGradientsOf, generatedInput, type Reference } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { readGoldenTensors } from "../../../test/engine/golden.ts";
import { runOperation } from "../../../test/engine/run-operation.ts";
import { selectDevice } from "../devices.ts";
import { convolution } from "./convolution.ts";
import type { ConvolutionOptions } from "./convolution-geometry.ts";

const golden = readGoldenTensors("layers.safetensors");

const layers: Readonly<Record<string, ConvolutionOptions & { readonly bias: boolean }>> = {
  conv11s4p2: { stride: 4, padding: 2, bias: true },
  conv5p2: { padding: 2, bias: true },
  conv3p1: { padding: 1, bias: true },
  conv1: { bias: false },
  conv7s2p3: { stride: 2, padding: 3, bias: false },
  conv3s2p1: { stride: 2, padding: 1, bias: true },
  conv3d2: { padding: 2, dilation: 2, bias: true },
  dwconv3: { padding: 1, groups: 6, bias: false },
  dwconv3s2: { stride: 2, padding: 1, groups: 6, bias: false },
};

test.each(Object.entries(layers))("%s and its gradients are PyTorch's", async (name, { bias, ...options }) => {
  const parameters = bias ? ["weight", "bias"] : ["weight"];
  const { output, gradients } = await runOperation(
    (computation, [x, weight, biasValue]) => convolution(computation, x!, weight!, biasValue ?? null, options),
    [golden(`${name}/x`), ...parameters.map((parameter) => golden(`${name}/p.${parameter}`))],
    golden(`${name}/gy`).data,
  );
  expectClose(output, golden(`${name}/y`).data, 2e-6, "outputs");
  expectClose(gradients[0]!, golden(`${name}/gx`).data, 2e-6, "input gradient");
  parameters.forEach((parameter, index) => {
    expectClose(gradients[index + 1]!, golden(`${name}/g.${parameter}`).data, 2e-6, `${parameter} gradient`);
  });
});

interface Case extends ConvolutionOptions {
  readonly x: readonly [number, number, number, number];
  readonly filters: number;
  readonly kernel: number;
}

/** Every stride, padding, kernel and cut: sizes where windows end before the padded image does, and where they do not. */
const cases: readonly Case[] = [
  { x: [2, 3, 5, 6], filters: 2, kernel: 1 },
  { x: [2, 2, 5, 4], filters: 3, kernel: 3 },
  { x: [1, 2, 4, 5], filters: 2, kernel: 3, padding: 1, relu: true },
  { x: [1, 2, 3, 3], filters: 2, kernel: 5, padding: 4 },
  { x: [2, 1, 4, 4], filters: 2, kernel: 1, padding: 1 },
  { x: [2, 2, 7, 8], filters: 2, kernel: 3, stride: 2 },
  { x: [1, 2, 8, 7], filters: 2, kernel: 3, stride: 2, padding: 1, relu: true },
  { x: [1, 2, 9, 8], filters: 2, kernel: 4, stride: 3, padding: 1 },
  { x: [1, 2, 6, 6], filters: 2, kernel: 1, stride: 2 },
  { x: [2, 2, 7, 8], filters: 2, kernel: 3, dilation: 2 },
  { x: [1, 2, 9, 8], filters: 2, kernel: 2, dilation: 3, padding: 1, stride: 2 },
  { x: [2, 4, 5, 4], filters: 4, kernel: 3, padding: 1, groups: 4, relu: true },
  { x: [1, 3, 6, 7], filters: 6, kernel: 3, stride: 2, padding: 1, groups: 3 },
  { x: [2, 4, 6, 5], filters: 6, kernel: 3, padding: 1, groups: 2 },
  { x: [2, 4, 8, 7], filters: 2, kernel: 3, stride: 2, groups: 2 },
  { x: [2, 4, 4, 4], filters: 4, kernel: 1, groups: 2 },
  { x: [1, 4, 8, 8], filters: 4, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 4 },
];

describe.each(cases)("convolution %o", (sizes) => {
  test("has the gradients of the definition by central differences", async () => {
    const { x, filters, kernel, ...options } = sizes;
    await expectGradientsOf(
      (computation, [image, weight, bias]) => convolution(computation, image!, weight!, bias!, options),
      [
        generatedInput(x, 1),
        generatedInput([filters, x[1] / (options.groups ?? 1), kernel, kernel], 2),
        generatedInput([filters], 3),
      ],
      correlate(sizes),
    );
  });
});

test("zeros give the bias, and huge numbers neither overflow nor turn into NaN", async () => {
  const build = (value: number) =>
    runOperation(
      (computation, [x, weight, bias]) => convolution(computation, x!, weight!, bias!, { padding: 1 }),
      [
        { shape: [1, 2, 4, 4], data: new Float32Array(32).fill(value) },
        { shape: [2, 2, 3, 3], data: new Float32Array(36).fill(0.5) },
        { shape: [2], data: [0.25, -0.25] },
      ],
      null,
    );
  const zero = await build(0);
  expect([...zero.output]).toEqual([...new Array(16).fill(0.25), ...new Array(16).fill(-0.25)]);
  const huge = await build(1e37);
  expect([...huge.output, ...huge.gradients.flatMap((gradient) => [...gradient])].every(Number.isFinite)).toBe(true);
});

describe("in the blocked layout", () => {
  let blockSize: 0 | 8 | 16 = 0;
  beforeAll(async () => {
    ({ blockSize } = await selectDevice("cpu", () => {}));
  });

  const blockedCases: readonly Case[] = [
    { x: [2, 3, 11, 12], filters: 16, kernel: 5, stride: 2, padding: 2, relu: true },
    { x: [2, 16, 6, 5], filters: 32, kernel: 3, padding: 1, relu: true },
    { x: [2, 32, 6, 7], filters: 16, kernel: 3 },
    { x: [1, 16, 9, 9], filters: 16, kernel: 3, stride: 2, padding: 1 },
    { x: [1, 12, 6, 6], filters: 16, kernel: 3, padding: 1 },
    { x: [1, 16, 6, 6], filters: 12, kernel: 3, padding: 1 },
  ];

  test.each(blockedCases)("$x to $filters filters gives the same results", async (sizes) => {
    const { x, filters, kernel, ...options } = sizes;
    const inputs = [
      generatedInput(x, 4),
      generatedInput([filters, x[1], kernel, kernel], 5),
      generatedInput([filters], 6),
    ];
    const build = (mode: 0 | 8 | 16) =>
      runOperation(
        (computation, [image, weight, bias]) => convolution(computation, image!, weight!, bias!, options),
        inputs,
        null,
        mode,
      );
    const [blocked, plain] = [await build(blockSize), await build(0)];
    expectClose(blocked.output, plain.output, 2e-6, "outputs");
    plain.gradients.forEach((gradient, index) => {
      expectClose(blocked.gradients[index]!, gradient, 2e-6, `gradient ${index}`);
    });
  });

  test("a chain of layers keeps its blocks and gives the same results", async () => {
    const inputs = [
      generatedInput([2, 16, 6, 6], 7),
      generatedInput([16, 16, 3, 3], 8, 0.2),
      generatedInput([16, 16, 3, 3], 9, 0.2),
    ];
    const build = (mode: 0 | 8 | 16) =>
      runOperation(
        (computation, [image, first, second]) => {
          const hidden = convolution(computation, image!, first!, null, { padding: 1, relu: true });
          return convolution(computation, hidden, second!, null, { padding: 1 });
        },
        inputs,
        null,
        mode,
      );
    const [blocked, plain] = [await build(blockSize), await build(0)];
    plain.gradients.forEach((gradient, index) => {
      expectClose(blocked.gradients[index]!, gradient, 2e-6, `gradient ${index}`);
    });
  });
});

/** The definition in the docstring of `convolution`, written as it stands. */
function correlate(sizes: Case): Reference {
  const { x, filters, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, relu = false } = sizes;
  const [batch, channels, height, width] = x;
  const windows = (size: number) => Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const perGroup = channels / groups;
  return ([image, weight, bias]) => {
    const y: number[] = [];
    for (let n = 0; n < batch; n++)
      for (let m = 0; m < filters; m++)
        for (let i = 0; i < windows(height); i++)
          for (let j = 0; j < windows(width); j++) {
            let sum = bias![m]!;
            const firstChannel = Math.floor(m / (filters / groups)) * perGroup;
            for (let c = 0; c < perGroup; c++)
              for (let u = 0; u < kernel; u++)
                for (let v = 0; v < kernel; v++) {
                  const [row, column] = [stride * i + dilation * u - padding, stride * j + dilation * v - padding];
                  if (row < 0 || row >= height || column < 0 || column >= width) continue;
                  sum +=
                    weight![((m * perGroup + c) * kernel + u) * kernel + v]! *
                    image![((n * channels + firstChannel + c) * height + row) * width + column]!;
                }
            y.push(relu ? Math.max(0, sum) : sum);
          }
    return Float64Array.from(y);
  };
}
