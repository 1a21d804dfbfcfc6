import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { expectGradientsOf, generatedInput } from "../../test/engine/central-differences.ts";
import { fnv1a, generateImages, generateNumbers, generateParameter } from "../../test/engine/generated-numbers.ts";
import { Computation } from "../engine/computation.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { openSession } from "../engine/session.ts";
import { focalLoss, PAPER_FOCAL_LOSS } from "../training/focal-loss.ts";
import { globalFeature } from "./attention.ts";
import { costOf } from "./cost.ts";
import { buildNetwork, type NetworkSettings, networkSettingsSchema } from "./networks.ts";
import { outlineOf } from "./outline.ts";
import { stateDictOf } from "./state-dict.ts";

/** Places and channels of the two maps of the gradient check. */
const [BATCH, CHANNELS, TAPPED, LAST_CHANNELS, LAST] = [2, 3, 12, 2, 4];

/** Equations 5 and 6 in plain loops: [N, 3, 3, 4] times [N, 1, 3, 4], beside [N, 2, 2, 2] -> [N, 5]. */
function globalFeatureByLoops(pooling: "average" | "max") {
  const pool = (numbers: readonly number[]) =>
    pooling === "max" ? Math.max(...numbers) : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return ([features, attention, last]: readonly Float64Array[]) => {
    const pooled: number[] = [];
    for (let cell = 0; cell < BATCH; cell++) {
      const weights = attention!.subarray(cell * TAPPED, (cell + 1) * TAPPED);
      for (let channel = 0; channel < CHANNELS; channel++) {
        const start = (cell * CHANNELS + channel) * TAPPED;
        pooled.push(pool([...weights].map((weight, place) => weight * features![start + place]!)));
      }
      for (let channel = 0; channel < LAST_CHANNELS; channel++) {
        const start = (cell * LAST_CHANNELS + channel) * LAST;
        pooled.push(pool([...last!.subarray(start, start + LAST)]));
      }
    }
    return Float64Array.from(pooled);
  };
}

test.each(["average", "max"] as const)("the global feature by %s, and its gradients", async (pooling) => {
  await expectGradientsOf(
    (computation, [features, attention, last]) =>
      globalFeature(
        computation,
        [
          { features: features!, attention: attention! },
          { features: last!, attention: null },
        ],
        pooling,
      ),
    [
      generatedInput([BATCH, CHANNELS, 3, 4], 1),
      generatedInput([BATCH, 1, 3, 4], 2),
      generatedInput([BATCH, LAST_CHANNELS, 2, 2], 3),
    ],
    globalFeatureByLoops(pooling),
  );
});

const attentionOn = (attention: NetworkSettings["attention"]): NetworkSettings => ({
  name: "alexnet-attention",
  attention,
});

describe("taps of AlexNet", () => {
  test.each([
    // By hand: the network without attention has 2,470,210. A tap of C channels adds W_l 256 * 256, W_m C * 256, W 256 + 1
    // and 2 C to the last layer.
    [[5], 2_470_210 + 65_536 + 384 * 256 + 257 + 2 * 384],
    [[6], 2_470_210 + 65_536 + 256 * 256 + 257 + 2 * 256],
    [[5, 6], 2_766_916],
    [[4, 5, 6], 2_766_916 + 65_536 + 192 * 256 + 257 + 2 * 192],
    [[2, 5, 6], 2_766_916 + 65_536 + 64 * 256 + 257 + 2 * 64],
  ] as const)("%j: as many parameters as by hand", (taps, parameters) => {
    expect(costOf(attentionOn({ taps: [...taps] })).parameters).toBe(parameters);
  });

  test("each tap has a module under its number and a map of its own size, the lowest first", () => {
    const settings = attentionOn({ taps: [2, 4, 6], channels: 8 });
    const keys = stateDictOf(settings).map(({ name }) => name);
    expect(keys.filter((key) => !key.startsWith("features."))).toEqual([
      ...["att2", "att4", "att6"].flatMap((name) =>
        ["W_l.weight", "W_m.weight", "W.weight", "W.bias"].map((key) => `${name}.${key}`),
      ),
      ...["head.fc.weight", "head.fc.bias"],
    ]);
    const { computation, batch } = outlineOf(settings);
    const image = computation.input("another image", [batch, 3, 224, 224]);
    const { attention, logits } = buildNetwork(new Computation({ kind: "training", blockSize: 0 }), image, settings);
    const shapes = Object.entries(attention).map(([name, { shape }]) => [name, shape]);
    expect(shapes).toEqual([
      ["attention_2", [batch, 1, 27, 27]],
      ["attention_4", [batch, 1, 13, 13]],
      ["attention_6", [batch, 1, 13, 13]],
    ]);
    expect(logits.shape).toEqual([batch, 2]);
  });

  test("taps that are not there, out of order, twice, or of another network are refused", () => {
    const accepts = (settings: unknown) => networkSettingsSchema.safeParse(settings).success;
    expect(accepts(attentionOn({ taps: [4, 6] }))).toBe(true);
    for (const taps of [[], [3], [6, 5], [5, 5]])
      expect(accepts({ name: "alexnet-attention", attention: { taps } })).toBe(false);
    expect(accepts({ name: "vgg-attention", attention: { taps: [5] } })).toBe(false);
    expect(accepts({ name: "vgg-attention", attention: { pooling: "max" } })).toBe(true);
  });
});

/** Loss and, with respect to every parameter, gradient of a small network on two generated images. */
async function lossOf(settings: NetworkSettings) {
  const [batch, side] = [2, 67];
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const image = computation.input("image", [batch, 3, side, side]);
  const { logits } = buildNetwork(computation, image, settings);
  const [target, weights] = [computation.input("target", [batch, 2]), computation.input("weights", [batch, 1])];
  const loss = focalLoss(computation, logits, target, weights, { ...PAPER_FOCAL_LOSS, gamma: 0 });
  computation.backpropagate();
  computation.graph.output(loss, "loss");
  for (const { name, value } of computation.parameters)
    computation.graph.output(computation.gradientOf(value), `gradient/${name}`);
  const session = await openSession(encodeOnnx(computation.graph), { device: "cpu", threads: 1 });
  const feeds = {
    image: new Tensor("float32", generateImages(batch, side), [batch, 3, side, side]),
    target: new Tensor("float32", Float32Array.of(1, 0, 0, 1), [batch, 2]),
    weights: new Tensor("float32", Float32Array.of(0.5, 0.5), [batch, 1]),
  };
  const parameters = computation.parameters.map(({ name, shape }) => ({ name, shape }));
  const run = async (numbersOf: (name: string, generated: Float32Array) => Float32Array) => {
    const tensors = parameters.map(({ name, shape }) => {
      return [name, new Tensor("float32", numbersOf(name, generateParameter(name, shape)), [...shape])] as const;
    });
    const results = await session.run({ ...feeds, ...Object.fromEntries(tensors) });
    return (name: string) => results[name]?.data as Float32Array;
  };
  return { parameters, run, close: () => session.release() };
}

/** So small that few ReLUs and maxima change sides, so large that float32 carries the difference. */
const stepOf = (name: string) => (name.startsWith("features.") ? 2e-4 : 1e-3);

test.each([
  [{ taps: [5], channels: 6 }],
  [{ taps: [6], channels: 6, pooling: "max" }],
  [{ taps: [2, 4, 5, 6], channels: 6 }],
  [{ taps: [4, 6], channels: 6, kernel: 3, pooling: "max" }],
] as const)(
  "%j: along directions of the biases and of all of the head, the loss changes as the gradient says",
  async (attention) => {
    const settings = networkSettingsSchema.parse({ ...attentionOn({}), widths: [4, 6, 8, 6, 6], attention });
    const { parameters, run, close } = await lossOf(settings);
    const at = await run((_, numbers) => numbers);
    const checked = parameters.filter(({ name }) => name.endsWith(".bias") || !name.startsWith("features."));
    for (const { name: moved } of checked) {
      const gradient = at(`gradient/${moved}`);
      const direction = generateNumbers(fnv1a(`direction:${moved}`), gradient.length);
      const lossAt = async (distance: number) => {
        const shifted = await run((name, numbers) =>
          name === moved ? numbers.map((number, index) => number + distance * direction[index]!) : numbers,
        );
        return shifted("loss")[0]!;
      };
      const step = stepOf(moved);
      const numerical = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
      const exact = gradient.reduce((sum, number, index) => sum + number * direction[index]!, 0);
      expect(Math.abs(numerical - exact), moved).toBeLessThan(2e-7 / step + 0.02 * Math.abs(exact));
    }
    await close();
  },
);
