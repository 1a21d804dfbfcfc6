import { type InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectClose } from "../../test/engine/expect-close.ts";
import { fnv1a, generateImages, generateNumbers, generateParameter } from "../../test/engine/generated-numbers.ts";
import { readGoldenJson, readGoldenTensors } from "../../test/engine/golden.ts";
import { Computation } from "../engine/computation.ts";
import { selectDevice } from "../engine/devices.ts";
import { elementCount, type Value } from "../engine/graph.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { appendOptimiser, type StateTensor } from "../engine/optimisers.ts";
import { openSession } from "../engine/session.ts";
import { LOSS_OUTPUT, TrainingSession } from "../engine/training-session.ts";
import { focalLoss, PAPER_FOCAL_LOSS } from "../training/focal-loss.ts";
import {
  type AlexNetAttentionOptions,
  alexLight,
  alexNetAttention,
  alexNetFeatures,
  PAPER_ALEXNET_ATTENTION,
} from "./alexnet.ts";
import { PAPER_ATTENTION } from "./attention.ts";

const SMALL: AlexNetAttentionOptions = {
  ...PAPER_ALEXNET_ATTENTION,
  widths: [8, 12, 16, 12, 12],
  attention: { ...PAPER_ATTENTION, channels: 12 },
};

const networks: Readonly<Record<string, AlexNetAttentionOptions>> = {
  net_small_k1: SMALL,
  net_small224_k1: SMALL,
  net_small_k3_aligned: {
    ...SMALL,
    attention: { ...PAPER_ATTENTION, channels: 12, kernel: 3, projectionBias: true, alignCorners: true },
  },
  net_full_k1: PAPER_ALEXNET_ATTENTION,
};

interface Summary {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly abssum: number;
  readonly l2: number;
  readonly maxabs: number;
  readonly probe_dot: number;
  readonly stride: number;
  readonly strided: readonly number[];
}

interface NetworkReference {
  readonly n: number;
  readonly size: number;
  readonly labels: readonly number[];
  readonly sgd_lr: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly sgd: Readonly<Record<string, readonly number[]>>;
  readonly input: Summary;
  readonly gradients: Readonly<Record<string, Summary>>;
  readonly taps: Readonly<Record<string, Summary>>;
}

const references: Readonly<Record<string, NetworkReference>> = readGoldenJson("networks.json");

interface BuiltNetwork {
  readonly computation: Computation;
  readonly logits: Value;
  readonly loss: Value;
  readonly outputs: Readonly<Record<string, Value>>;
}

function build(name: string, blockSize: 0 | 8 | 16, gamma = 2, classWeights: number[] | null = null): BuiltNetwork {
  const { n, size } = references[name]!;
  const computation = new Computation({ kind: "training", blockSize });
  const image = computation.input("image", [n, 3, size, size]);
  const { logits, attention } = alexNetAttention(computation, image, networks[name]!);
  const target = computation.input("target", [n, 2]);
  const weights = computation.input("weights", [n, 1]);
  const loss = focalLoss(computation, logits, target, weights, { gamma, classWeights });
  return { computation, logits, loss, outputs: { att5: attention.attention_5!, att6: attention.attention_6! } };
}

function feedsOf(name: string): Record<string, Tensor> {
  const { n, size, labels } = references[name]!;
  const target = Float32Array.from(labels.flatMap((label) => [1 - label, label]));
  return {
    image: new Tensor("float32", generateImages(n, size), [n, 3, size, size]),
    target: new Tensor("float32", target, [n, 2]),
    weights: new Tensor("float32", new Float32Array(n).fill(1 / n), [n, 1]),
  };
}

function generatedParameters(computation: Computation): Map<string, Float32Array> {
  return new Map(computation.parameters.map(({ name, shape }) => [name, generateParameter(name, shape)]));
}

async function runOnce(computation: Computation, feeds: Record<string, Tensor>) {
  const session: InferenceSession = await openSession(encodeOnnx(computation.graph), { device: "cpu", threads: 1 });
  const parameters = computation.parameters.map(
    ({ name, shape }) => [name, new Tensor("float32", generateParameter(name, shape), [...shape])] as const,
  );
  const results = await session.run({ ...feeds, ...Object.fromEntries(parameters) });
  await session.release();
  return (name: string) => results[name]!.data as Float32Array;
}

function expectSummary(actual: Float32Array, expected: Summary, tolerance: number, name: string): void {
  const probe = generateNumbers(fnv1a(`probe:${name}`), actual.length);
  expect(actual.length, name).toBe(elementCount(expected.shape));
  let [sum, absolute, squares, dot] = [0, 0, 0, 0];
  for (let index = 0; index < actual.length; index++) {
    const number = actual[index]!;
    sum += number;
    absolute += Math.abs(number);
    squares += number * number;
    dot += number * probe[index]!;
  }
  // A sum of many numbers is only as exact as the sum of their magnitudes.
  expect(Math.abs(sum - expected.sum), `sum of ${name}`).toBeLessThan(tolerance * expected.abssum);
  expect(Math.abs(dot - expected.probe_dot), `probe of ${name}`).toBeLessThan(tolerance * expected.abssum);
  expectClose([absolute], [expected.abssum], tolerance, `magnitude of ${name}`);
  expectClose([Math.sqrt(squares)], [expected.l2], tolerance, `norm of ${name}`);
  const strided = expected.strided.map((_, index) => actual[index * expected.stride]!);
  const scaled = (numbers: readonly number[]) => [...numbers, expected.maxabs];
  expectClose(scaled(strided), scaled(expected.strided), tolerance, `numbers of ${name}`);
}

let blocked: 0 | 8 | 16 = 0;
beforeAll(async () => {
  ({ blockSize: blocked } = await selectDevice("cpu", () => {}));
});

test("the generator of weights and images is the reference's", () => {
  const lcg = readGoldenJson("lcg.json");
  const numbers = generateNumbers(lcg.seed, 1_000_000);
  expect([...numbers.subarray(0, 8)]).toEqual(lcg.u);
  expect(numbers[999_999]).toBe(lcg.u_at_1e6);
  for (const [text, hash] of Object.entries(lcg.fnv1a)) expect(fnv1a(text)).toBe(hash);
  expect([...generateNumbers(fnv1a("features.0.weight") ^ 1, 4)]).toEqual(lcg.features0_first4);
  for (const { n, size, input } of Object.values(references)) {
    expectSummary(generateImages(n, size), input, 1e-9, "input");
  }
});

test("the proposed network has 2,766,916 parameters under torchvision's names", () => {
  const { computation } = build("net_full_k1", 0);
  const count = computation.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  expect(count).toBe(2_766_916);
  expect(computation.parameters.map(({ name }) => name)).toEqual([
    ...[0, 3, 6, 8, 10].flatMap((layer) => [`features.${layer}.weight`, `features.${layer}.bias`]),
    ...["att5", "att6"].flatMap((name) =>
      ["W_l.weight", "W_m.weight", "W.weight", "W.bias"].map((key) => `${name}.${key}`),
    ),
    "head.fc.weight",
    "head.fc.bias",
  ]);
});

const small = ["net_small_k1", "net_small224_k1", "net_small_k3_aligned"];
const layouts = ["portable", "blocked"] as const;
const blockSizeOf = (layout: (typeof layouts)[number]) => (layout === "portable" ? 0 : blocked);

describe.each(small.flatMap((name) => layouts.map((layout) => [name, layout] as const)))("%s, %s", (name, layout) => {
  const golden = readGoldenTensors(`${name}.safetensors`);
  const reference = references[name]!;

  test("logits, attention maps, loss and every gradient are PyTorch's", async () => {
    const { computation, logits, loss, outputs } = build(name, blockSizeOf(layout));
    computation.backpropagate();
    computation.graph.output(logits, "logits");
    computation.graph.output(loss, "loss");
    for (const [key, value] of Object.entries(outputs)) computation.graph.output(value, key);
    for (const parameter of computation.parameters) {
      computation.graph.output(computation.gradientOf(parameter.value), `gradient/${parameter.name}`);
    }
    const result = await runOnce(computation, feedsOf(name));
    // Logits are small differences of larger sums: PyTorch's own float32 is 4e-6 away from float64.
    expectClose(result("logits"), golden("logits").data, 8e-6, "logits");
    expectClose(result("att5"), golden("att5").data, 2e-6, "attention 5");
    expectClose(result("att6"), golden("att6").data, 2e-6, "attention 6");
    expectClose(result("loss"), [reference.losses.gamma2!], 2e-6, "loss");
    for (const parameter of computation.parameters) {
      const expected = golden(`gradient/${parameter.name}`).data;
      // 2e-6 for PyTorch's float32 and as much for ours.
      expectClose(result(`gradient/${parameter.name}`), expected, 4e-6, parameter.name);
    }
  });

  test.each(["0", "0.0005"])(
    "parameters and losses of three SGD steps with weight decay %s are PyTorch's",
    async (decay) => {
      const { computation, loss } = build(name, blockSizeOf(layout));
      const { session, losses, parametersAfter } = await trainThreeSteps(computation, loss, name, Number(decay));
      await session.close();
      expectClose(losses, reference.sgd[`sgd_wd${decay}`]!, 4e-6, "losses");
      for (const step of [1, 3]) {
        for (const parameter of computation.parameters) {
          const expected = golden(`sgd_wd${decay}_step${step}/${parameter.name}`).data;
          expectClose(
            parametersAfter[step - 1]!.get(parameter.name)!,
            expected,
            2e-6,
            `${parameter.name}, step ${step}`,
          );
        }
      }
    },
  );
});

test.each(small)("%s: the taps m5, m6 and L are PyTorch's", async (name) => {
  const golden = readGoldenTensors(`${name}.safetensors`);
  const { n, size } = references[name]!;
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const image = computation.input("image", [n, 3, size, size]);
  const { layer5, layer6, last } = alexNetFeatures(computation, image, SMALL.widths);
  computation.graph.output(layer5, "m5");
  computation.graph.output(layer6, "m6");
  computation.graph.output(last, "L");
  const result = await runOnce(computation, { image: feedsOf(name).image! });
  for (const tap of ["m5", "m6", "L"]) expectClose(result(tap), golden(tap).data, 4e-6, tap);
});

test.each([
  ["gamma0", 0, null],
  ["gamma1", 1, null],
  ["gamma5", 5, null],
  ["gamma2_alpha0.25", 2, [0.75, 0.25]],
] as const)("net_small_k1: the loss %s is PyTorch's", async (key, gamma, classWeights) => {
  const { computation, loss } = build("net_small_k1", 0, gamma, classWeights && [...classWeights]);
  computation.graph.output(loss, "loss");
  const result = await runOnce(computation, feedsOf("net_small_k1"));
  expectClose(result("loss"), [references.net_small_k1!.losses[key]!], 2e-6);
});

describe.each(layouts)("net_full_k1, %s", (layout) => {
  const golden = readGoldenTensors("net_full_k1.safetensors");
  const reference = references.net_full_k1!;
  let computation: Computation;
  let result: (name: string) => Float32Array;
  let trained: Awaited<ReturnType<typeof trainThreeSteps>>;

  beforeAll(async () => {
    const forward = build("net_full_k1", blockSizeOf(layout));
    computation = forward.computation;
    computation.backpropagate();
    computation.graph.output(forward.logits, "logits");
    for (const [key, value] of Object.entries(forward.outputs)) computation.graph.output(value, key);
    for (const { name, value } of computation.parameters) {
      computation.graph.output(computation.gradientOf(value), `gradient/${name}`);
    }
    result = await runOnce(computation, feedsOf("net_full_k1"));
    const training = build("net_full_k1", blockSizeOf(layout));
    trained = await trainThreeSteps(training.computation, training.loss, "net_full_k1", 0.0005);
  });
  afterAll(async () => await trained.session.close());

  test("logits and attention maps are PyTorch's in float64", () => {
    for (const key of ["logits", "att5", "att6"]) expectClose(result(key), golden(key).data, 2e-6, key);
  });

  test("every gradient is PyTorch's in float64", () => {
    for (const { name } of computation.parameters) {
      // Of the first layer, float32 itself is 3e-4 away: one activation lies on a tie.
      const tolerance = name === "features.0.weight" ? 1e-3 : 4e-6;
      expectSummary(result(`gradient/${name}`), reference.gradients[name]!, tolerance, name);
    }
  });

  test("parameters and losses of three SGD steps are PyTorch's", () => {
    expectClose(trained.losses, reference.sgd["sgd_wd0.0005"]!, 1e-5, "losses");
    for (const step of [1, 3]) {
      const summaries = readGoldenJson("networks.json").net_full_k1[`sgd_wd0.0005_step${step}`];
      for (const { name } of computation.parameters) {
        expectSummary(trained.parametersAfter[step - 1]!.get(name)!, summaries[name], 2e-6, name);
      }
    }
  });
});

test("net_full_k1: the taps are PyTorch's in float64", async () => {
  const { n, size, taps } = references.net_full_k1!;
  const computation = new Computation({ kind: "training", blockSize: blocked });
  const image = computation.input("image", [n, 3, size, size]);
  const { layer5, layer6, last } = alexNetFeatures(computation, image, PAPER_ALEXNET_ATTENTION.widths);
  const values = { m5: layer5, m6: layer6, l: last };
  for (const [key, value] of Object.entries(values)) computation.graph.output(value, key);
  const result = await runOnce(computation, { image: feedsOf("net_full_k1").image! });
  for (const key of Object.keys(values)) expectSummary(result(key), taps[key]!, 2e-6, key);
});

async function trainThreeSteps(computation: Computation, loss: Value, name: string, weightDecay: number) {
  computation.backpropagate();
  computation.graph.output(loss, LOSS_OUTPUT);
  const settings = { kind: "sgd", momentum: 0.9, weightDecay } as const;
  const states: readonly StateTensor[] = appendOptimiser(computation, settings, null);
  const session = await TrainingSession.open(encodeOnnx(computation.graph), states, { device: "cpu", threads: 1 });
  session.writeState(generatedParameters(computation));
  const feeds = feedsOf(name);
  const losses: number[] = [];
  const parametersAfter: Map<string, Float32Array>[] = [];
  for (let step = 1; step <= 3; step++) {
    losses.push((await session.step(feeds, references[name]!.sgd_lr, step)).loss);
    parametersAfter.push(session.readState());
  }
  return { session, losses, parametersAfter };
}

test.each([
  ["alexnet-attention", alexNetAttention],
  ["alex-light", alexLight],
] as const)("%s fits sixteen images by heart in seconds", async (_, network) => {
  const [count, side] = [16, 67];
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const image = computation.input("image", [count, 3, side, side]);
  const options: AlexNetAttentionOptions = {
    ...PAPER_ALEXNET_ATTENTION,
    widths: [8, 16, 16, 16, 16],
    attention: { ...PAPER_ATTENTION, channels: 16 },
  };
  const { logits } =
    network === alexNetAttention
      ? alexNetAttention(computation, image, options)
      : alexLight(computation, image, options.widths);
  const target = computation.input("target", [count, 2]);
  const loss = focalLoss(computation, logits, target, computation.input("weights", [count, 1]), PAPER_FOCAL_LOSS);
  computation.backpropagate();
  computation.graph.output(loss, LOSS_OUTPUT);
  const states = appendOptimiser(computation, { kind: "adamw", weightDecay: 0 }, 1);
  const session = await TrainingSession.open(encodeOnnx(computation.graph), states, { device: "cpu", threads: 1 });
  session.writeState(generatedParameters(computation));
  // Noise has nothing to generalise from: only a network whose gradients are right learns it by heart.
  const noise = Float32Array.from(generateNumbers(5, count * 3 * side * side));
  const batch = {
    image: new Tensor("float32", noise, [count, 3, side, side]),
    target: new Tensor(
      "float32",
      Float32Array.from({ length: 2 * count }, (_, index) => Number((index + 1) % 4 < 2)),
      [count, 2],
    ),
    weights: new Tensor("float32", new Float32Array(count).fill(1 / count), [count, 1]),
  };
  const losses: number[] = [];
  for (let step = 1; step <= 150; step++) losses.push((await session.step(batch, 0.003, step)).loss);
  await session.close();
  expect(losses[0]).toBeGreaterThan(0.1);
  expect(losses.at(-1)).toBeLessThan(1e-3);
});
