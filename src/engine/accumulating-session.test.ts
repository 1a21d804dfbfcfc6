import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { expectClose } from "../../test/engine/expect-close.ts";
import { generateImages, generateNumbers, generateParameter } from "../../test/engine/generated-numbers.ts";
import { RandomStream } from "../core/random.ts";
import { alexNetAttention, PAPER_ALEXNET_ATTENTION } from "../networks/alexnet.ts";
import { PAPER_ATTENTION } from "../networks/attention.ts";
import type { NetworkOutput } from "../networks/network-output.ts";
import { focalLoss, PAPER_FOCAL_LOSS } from "../training/focal-loss.ts";
import { AccumulatingSession } from "./accumulating-session.ts";
import { Computation } from "./computation.ts";
import { accumulateGradients } from "./gradient-accumulation.ts";
import type { Value } from "./graph.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { linear } from "./operations/arithmetic.ts";
import { batchNormalisation } from "./operations/batch-normalisation.ts";
import { drawRandomMasks, dropout } from "./operations/dropout.ts";
import { globalAveragePool } from "./operations/pooling.ts";
import { appendOptimiser, type OptimiserSettings } from "./optimisers.ts";
import { LOSS_OUTPUT, TrainingSession } from "./training-session.ts";

const [IMAGES, SIDE] = [4, 67];
const CPU = { device: "cpu", threads: 1 } as const;

type Network = (computation: Computation, image: Value) => Value;

const smallAlexNet: Network = (computation, image) => {
  const attention = { ...PAPER_ATTENTION, channels: 12 };
  const options = { ...PAPER_ALEXNET_ATTENTION, widths: [8, 12, 16, 12, 12] as const, attention };
  const { logits }: NetworkOutput = alexNetAttention(computation, image, options);
  return logits;
};

const withDropout: Network = (computation, image) => {
  const pooled = globalAveragePool(computation, image);
  const dropped = dropout(computation, "pooled", pooled, 0.5);
  const weight = computation.parameter("fc.weight", [2, 3], { kind: "constant", number: 0 });
  return linear(computation, dropped, weight, computation.parameter("fc.bias", [2], { kind: "constant", number: 0 }));
};

function build(network: Network, images: number): Computation {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const image = computation.input("image", [images, 3, SIDE, SIDE]);
  const logits = network(computation, image);
  const [target, weights] = [computation.input("target", [images, 2]), computation.input("weights", [images, 1])];
  const loss = focalLoss(computation, logits, target, weights, PAPER_FOCAL_LOSS);
  computation.backpropagate();
  computation.graph.output(loss, LOSS_OUTPUT);
  return computation;
}

/** The last image is padding: its weight is 0. */
const batch = {
  image: new Tensor("float32", generateImages(IMAGES, SIDE), [IMAGES, 3, SIDE, SIDE]),
  target: new Tensor("float32", [1, 0, 0, 1, 1, 0, 0, 1], [IMAGES, 2]),
  weights: new Tensor("float32", [1 / 3, 1 / 3, 1 / 3, 0], [IMAGES, 1]),
};

async function trainBoth(network: Network, micro: number, optimiser: OptimiserSettings, clipNorm: number | null) {
  const whole = build(network, IMAGES);
  const states = appendOptimiser(whole, optimiser, clipNorm);
  const wholeSession = await TrainingSession.open(encodeOnnx(whole.graph), states, CPU);
  const graphs = accumulateGradients(build(network, micro), optimiser, clipNorm);
  const accumulating = await AccumulatingSession.open(graphs, CPU);
  const start = new Map(whole.parameters.map(({ name, shape }) => [name, generateParameter(name, shape)]));
  wholeSession.writeState(start);
  accumulating.writeState(start);
  for (let step = 1; step <= 3; step++) {
    const inputs = { ...batch, ...drawRandomMasks(whole.randomMasks, IMAGES, new RandomStream("dropout").fork(step)) };
    const expected = await wholeSession.step(inputs, 0.01, step);
    const { loss } = await accumulating.step(inputs, 0.01, step);
    expectClose([loss], [expected.loss], 2e-6, `loss of step ${step}`);
  }
  const [actual, expected] = [accumulating.readState(), wholeSession.readState()];
  await Promise.all([wholeSession.close(), accumulating.close()]);
  return { actual, expected };
}

const settings: [number, OptimiserSettings, number | null][] = [
  [2, { kind: "sgd", momentum: 0.9, weightDecay: 0.01 }, null],
  [1, { kind: "sgd", momentum: 0.9, weightDecay: 0.01, nesterov: true }, 0.5],
  [4, { kind: "adamw", weightDecay: 0.01 }, 0.5],
];

test.each(settings)(
  "the proposed network in micro-batches of %d learns as from the whole batch: %o, clipped at %o",
  async (micro, optimiser, clipNorm) => {
    const { actual, expected } = await trainBoth(smallAlexNet, micro, optimiser, clipNorm);
    expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
    // Adam divides by the gradient's size, which for a gradient near zero magnifies rounding.
    const tolerance = optimiser.kind === "adamw" ? 1e-4 : 5e-6;
    for (const [name, numbers] of expected) expectClose(actual.get(name)!, numbers, tolerance, name);
  },
);

test("parameters longer than a piece of the update are renewed to their last number", async () => {
  const length = 2 ** 20 + 3;
  const longParameter = () => {
    const computation = new Computation({ kind: "training", blockSize: 0 });
    const weight = computation.parameter("weight", [length], { kind: "constant", number: 0 });
    computation.accumulate(weight, computation.input("g", [length]));
    computation.graph.output(computation.graph.sum(computation.input("share", [1]), [0], false), LOSS_OUTPUT);
    return computation;
  };
  const settings = { kind: "adamw", weightDecay: 0.01 } as const;
  const whole = longParameter();
  const states = appendOptimiser(whole, settings, 1);
  const sessions = [
    await TrainingSession.open(encodeOnnx(whole.graph), states, CPU),
    await AccumulatingSession.open(accumulateGradients(longParameter(), settings, 1), CPU),
  ];
  const [start, gradient] = [1, 2].map((seed) => Float32Array.from(generateNumbers(seed, length)));
  const ended = await Promise.all(
    sessions.map(async (session) => {
      session.writeState(new Map([["weight", start!]]));
      const inputs = { g: new Tensor("float32", gradient!, [length]), share: new Tensor("float32", [1], [1]) };
      await session.step(inputs, 0.01, 1);
      const state = session.readState();
      await session.close();
      return state;
    }),
  );
  for (const [name, numbers] of ended[0]!) {
    const other = ended[1]!.get(name)!;
    expect(other.length, name).toBe(length);
    expect(
      numbers.every((number, index) => number === other[index]),
      name,
    ).toBe(true);
  }
  expect(ended[1]?.get("weight")?.at(-1)).not.toBe(start?.at(-1));
});

test("dropout's masks do not depend on the micro-batches", async () => {
  const { actual, expected } = await trainBoth(withDropout, 2, { kind: "sgd", momentum: 0.9, weightDecay: 0 }, null);
  for (const [name, numbers] of expected) expectClose(actual.get(name)!, numbers, 2e-6, name);
});

test("running statistics go on from micro-batch to micro-batch", async () => {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const x = computation.input("x", [2, 1, 1, 1]);
  const one = { kind: "constant", number: 1 } as const;
  const y = batchNormalisation(computation, x, {
    weight: computation.parameter("weight", [1], one),
    bias: computation.parameter("bias", [1], one),
    runningMean: computation.buffer("running_mean", [1], one),
    runningVariance: computation.buffer("running_var", [1], one),
  });
  computation.backpropagate({ of: y, gradient: graph.constant([1, 2], [2, 1, 1, 1]) });
  graph.output(graph.sum(y, [0, 1, 2, 3], false), LOSS_OUTPUT);
  const graphs = accumulateGradients(computation, { kind: "sgd", momentum: 0, weightDecay: 0 }, null);
  const session = await AccumulatingSession.open(graphs, CPU);
  const start = { weight: 1, bias: 0, running_mean: 0, running_var: 1 };
  session.writeState(new Map(Object.entries(start).map(([name, number]) => [name, Float32Array.of(number)])));
  await session.step({ x: new Tensor("float32", [1, 3, 10, 20], [4, 1, 1, 1]) }, 0.1, 1);
  const state = session.readState();
  // Means 2, then 15, each with a share of 0.1; unbiased variances 2, then 50.
  expectClose(state.get("running_mean")!, [0.9 * 0.2 + 1.5], 1e-6);
  expectClose(state.get("running_var")!, [0.9 * (0.9 + 0.2) + 5], 1e-6);
  expectClose(state.get("bias")!, [-0.1 * 2 * 3], 1e-6);
  await session.close();
});

test("a batch that micro-batches do not divide is a mistake, named", async () => {
  const graphs = accumulateGradients(build(withDropout, 3), { kind: "sgd", momentum: 0, weightDecay: 0 }, null);
  const session = await AccumulatingSession.open(graphs, CPU);
  await expect(session.step(batch, 0.1, 1)).rejects.toThrow(
    /image of 4 images cannot be split into micro-batches of 3/,
  );
  await session.close();
});

test("bytes of pixels are split as well as numbers", async () => {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const pixels = graph.add("Cast", [computation.input("pixels", [2, 3], "uint8")], { to: 1 });
  const weight = computation.parameter("weight", [1, 3], { kind: "constant", number: 0 });
  const y = linear(computation, pixels, weight, computation.parameter("bias", [1], { kind: "constant", number: 0 }));
  computation.backpropagate({ of: y, gradient: graph.constant([1, 1], [2, 1]) });
  graph.output(graph.sum(y, [0, 1], false), LOSS_OUTPUT);
  const graphs = accumulateGradients(computation, { kind: "sgd", momentum: 0, weightDecay: 0 }, null);
  const session = await AccumulatingSession.open(graphs, CPU);
  session.writeState(
    new Map([
      ["weight", Float32Array.of(1, 0, -1)],
      ["bias", Float32Array.of(0)],
    ]),
  );
  const numbers = Uint8Array.from(generateNumbers(3, 12), (u) => Math.floor(127 * (u + 1)));
  const { loss } = await session.step({ pixels: new Tensor("uint8", numbers, [4, 3]) }, 1, 1);
  const sums = [0, 1, 2].map((column) => [0, 3, 6, 9].reduce((sum, row) => sum + numbers[row + column]!, 0));
  expect(loss).toBe(sums[0]! - sums[2]!);
  expect([...session.readState().get("weight")!]).toEqual([1 - sums[0]!, -sums[1]!, -1 - sums[2]!]);
  await session.close();
});
