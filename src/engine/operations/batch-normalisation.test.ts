import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { expectGradientsOf, generatedInput, type Reference } from "../../../test/engine/central-differences.ts";
import { expectClose } from "../../../test/engine/expect-close.ts";
import { type GoldenTensor, readGoldenTensors } from "../../../test/engine/golden.ts";
import { type BuildOperation, type OperationInput, runOperation } from "../../../test/engine/run-operation.ts";
import { Computation } from "../computation.ts";
import { encodeOnnx } from "../onnx-file.ts";
import { type BatchNormalisationOptions, batchNormalisation } from "./batch-normalisation.ts";

const golden = readGoldenTensors("layers.safetensors");

const build =
  (options: BatchNormalisationOptions): BuildOperation =>
  (computation, [x, weight, bias, runningMean, runningVariance]) =>
    batchNormalisation(
      computation,
      x!,
      { weight: weight!, bias: bias!, runningMean: runningMean!, runningVariance: runningVariance! },
      options,
    );

/** The running statistics before the step are those that evaluation leaves as they are. */
const before = (statistic: string) => golden(`bn_eval/buf_after.${statistic}`);
const inputsOf = (layer: string): OperationInput[] => [
  golden(`${layer}/x`),
  golden(`${layer}/p.weight`),
  golden(`${layer}/p.bias`),
  { ...before("running_mean"), constant: true },
  { ...before("running_var"), constant: true },
];

test.each([
  ["bn_train", {}],
  ["bn_eps001", { epsilon: 0.001 }],
  ["bn_eval", { statistics: "running" }],
] as const)("%s: outputs, gradients and running statistics are PyTorch's", async (layer, options) => {
  const { output, gradients, renewed } = await runOperation(
    build(options),
    inputsOf(layer),
    golden(`${layer}/gy`).data,
  );
  expectClose(output, golden(`${layer}/y`).data, 2e-6, "outputs");
  const expected: GoldenTensor[] = ["gx", "g.weight", "g.bias"].map((name) => golden(`${layer}/${name}`));
  expected.forEach(({ data }, index) => {
    expectClose(gradients[index]!, data, 4e-6, `gradient ${index}`);
  });
  expectClose(renewed[3]!, golden(`${layer}/buf_after.running_mean`).data, 1e-6, "running mean");
  expectClose(renewed[4]!, golden(`${layer}/buf_after.running_var`).data, 1e-6, "running variance");
});

describe("by the definition", () => {
  const shape = [3, 2, 2, 3] as const;
  const [batch, channels, area] = [3, 2, 6];
  const epsilon = 1e-3;

  const normalise: Reference = ([x, weight, bias]) => {
    const y = new Float64Array(x!.length);
    for (let channel = 0; channel < channels; channel++) {
      const places = Array.from({ length: batch * area }, (_, index) => {
        const image = Math.floor(index / area);
        return (image * channels + channel) * area + (index % area);
      });
      const mean = places.reduce((sum, place) => sum + x![place]!, 0) / places.length;
      const variance = places.reduce((sum, place) => sum + (x![place]! - mean) ** 2, 0) / places.length;
      for (const place of places) {
        y[place] = (weight![channel]! * (x![place]! - mean)) / Math.sqrt(variance + epsilon) + bias![channel]!;
      }
    }
    return y;
  };

  test("gradients are those of central differences, the way through mean and variance included", async () => {
    const constants = [
      { ...generatedInput([channels], 8), constant: true },
      { shape: [channels], data: [1, 1], constant: true },
    ];
    const parameters = [generatedInput([channels], 6), generatedInput([channels], 7)];
    await expectGradientsOf(build({ epsilon }), [generatedInput(shape, 5), ...parameters, ...constants], normalise);
  });

  test("the batch's mean and unbiased variance enter the running ones with the share of the momentum", async () => {
    // One channel of 1, 2, 3, 4: mean 2.5, sum of squares 5, variance 5/4, unbiased 5/3.
    const { output, renewed } = await runOperation(
      build({ momentum: 0.25, epsilon: 0 }),
      [
        { shape: [2, 1, 1, 2], data: [1, 2, 3, 4] },
        { shape: [1], data: [2] },
        { shape: [1], data: [10] },
        { shape: [1], data: [100], constant: true },
        { shape: [1], data: [8], constant: true },
      ],
      null,
    );
    expectClose(renewed[3]!, [75.625], 1e-6);
    expectClose(renewed[4]!, [6 + 5 / 12], 1e-6);
    const z = [-1.5, -0.5, 0.5, 1.5].map((difference) => difference / Math.sqrt(1.25));
    expectClose(
      output,
      z.map((number) => 2 * number + 10),
      1e-6,
    );
  });
});

test("a far-away mean costs no digits of a small variance", async () => {
  const far = generatedInput([4, 1, 5, 5], 9);
  const constants = [0, 1].map((number) => ({ shape: [1], data: [number], constant: true }));
  const unit = [1, 0].map((number) => ({ shape: [1], data: [number] }));
  // 1000 + u / 128 has the same spread as u / 128, and float32 holds 1000 to 6e-5.
  const shifted = { ...far, data: Array.from(far.data, (number) => 1000 + Math.round(number * 128) / 128) };
  const centred = { ...far, data: shifted.data.map((number) => number - 1000) };
  const [one, other] = [
    await runOperation(build({}), [shifted, ...unit, ...constants], null),
    await runOperation(build({}), [centred, ...unit, ...constants], null),
  ];
  expectClose(one.output, other.output, 1e-4);
});

test("a constant channel gives beta, and gradients stay finite", async () => {
  const { output, gradients } = await runOperation(
    build({}),
    [
      { shape: [2, 1, 2, 2], data: new Float32Array(8).fill(7) },
      { shape: [1], data: [3] },
      { shape: [1], data: [0.5] },
      { shape: [1], data: [0], constant: true },
      { shape: [1], data: [1], constant: true },
    ],
    [1, -2, 3, 0, 0, 5, -1, 2],
  );
  expect([...output]).toEqual(new Array(8).fill(0.5));
  expect(gradients.every((gradient) => gradient.every(Number.isFinite))).toBe(true);
});

test("one number a channel has no variance: a mistake, named", () => {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const [x, channel] = [computation.input("x", [1, 4, 1, 1]), computation.input("c", [4])];
  const tensors = { weight: channel, bias: channel, runningMean: channel, runningVariance: channel };
  expect(() => batchNormalisation(computation, x, tensors)).toThrow(/\[1,4,1,1\] has one number a channel/);
});

test("inference takes the stored running statistics", async () => {
  const names = { weight: "p.weight", bias: "p.bias" };
  const weights = new Map<string, Float32Array>([
    ...Object.entries(names).map(([key, name]) => [key, golden(`bn_eval/${name}`).data as Float32Array] as const),
    ["running_mean", before("running_mean").data as Float32Array],
    ["running_var", before("running_var").data as Float32Array],
  ]);
  const computation = new Computation({ kind: "inference", weights, storage: "float32" });
  const { shape, data } = golden("bn_eval/x");
  const x = computation.input("x", shape);
  const start = { kind: "constant", number: 1 } as const;
  const y = batchNormalisation(computation, x, {
    weight: computation.parameter("weight", [5], start),
    bias: computation.parameter("bias", [5], start),
    runningMean: computation.buffer("running_mean", [5], start),
    runningVariance: computation.buffer("running_var", [5], start),
  });
  computation.graph.output(y, "y");
  const session = await InferenceSession.create(encodeOnnx(computation.graph));
  const result = await session.run({ x: new Tensor("float32", data as Float32Array, [...shape]) });
  expectClose(result.y!.data as Float32Array, golden("bn_eval/y").data, 2e-6);
  await session.release();
});
