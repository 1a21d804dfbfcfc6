import { Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../test/engine/expect-close.ts";
import { readGoldenJson } from "../../test/engine/golden.ts";
import { Computation } from "../engine/computation.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { openSession } from "../engine/session.ts";
import { type FocalLossOptions, focalLoss } from "./focal-loss.ts";

interface FocalCase {
  readonly set: string;
  readonly gamma: number;
  readonly alpha: number | null;
  readonly logits: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly per_sample: readonly number[];
  readonly mean: number;
  readonly grad_of_mean: readonly (readonly number[])[];
}

const golden: { cases: FocalCase[]; multiclass: FocalCase } = readGoldenJson("focal.json");

async function evaluate(
  logits: readonly (readonly number[])[],
  labels: readonly number[],
  options: FocalLossOptions,
  weights: readonly number[] = labels.map(() => 1 / labels.length),
): Promise<{ loss: number; gradient: number[] }> {
  const [samples, classes] = [logits.length, logits[0]!.length];
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const z = computation.differentiableInput("logits", [samples, classes]);
  const target = computation.input("target", [samples, classes]);
  const loss = focalLoss(computation, z, target, computation.input("weights", [samples, 1]), options);
  computation.backpropagate();
  computation.graph.output(loss, "loss");
  computation.graph.output(computation.gradientOf(z), "gradient");
  const session = await openSession(encodeOnnx(computation.graph), { device: "cpu", threads: 1 });
  const oneHot = labels.flatMap((label) => Array.from({ length: classes }, (_, index) => Number(index === label)));
  const result = await session.run({
    logits: new Tensor("float32", Float32Array.from(logits.flat()), [samples, classes]),
    target: new Tensor("float32", Float32Array.from(oneHot), [samples, classes]),
    weights: new Tensor("float32", Float32Array.from(weights), [samples, 1]),
  });
  await session.release();
  return {
    loss: (result.loss!.data as Float32Array)[0]!,
    gradient: [...(result.gradient!.data as Float32Array)],
  };
}

/** PyTorch's alpha weighs class 1, 1 - alpha class 0. */
const weightsOf = (alpha: number | null) => (alpha === null ? null : [1 - alpha, alpha]);

test.each(golden.cases)(
  "$set logits, gamma $gamma, alpha $alpha: loss and gradient are PyTorch's in float64",
  async (reference) => {
    const { gamma, alpha, logits, y } = reference;
    const { loss, gradient } = await evaluate(logits, y, { gamma, classWeights: weightsOf(alpha) });
    expect(Number.isFinite(loss)).toBe(true);
    expectClose([loss], [reference.mean], 2e-6, "loss");
    expectClose(gradient, reference.grad_of_mean.flat(), 5e-6, "gradient");
  },
);

test("every sample alone has PyTorch's loss, however extreme its logits", async () => {
  const reference = golden.cases.find(({ set, gamma, alpha }) => set === "huge" && gamma === 2 && alpha === null)!;
  for (const [index, expected] of reference.per_sample.entries()) {
    const { loss } = await evaluate([reference.logits[index]!], [reference.y[index]!], {
      gamma: 2,
      classWeights: null,
    });
    expectClose([loss], [expected], 2e-6, `loss of sample ${index}`);
  }
});

test("five classes agree with PyTorch", async () => {
  const { gamma, logits, y, mean, grad_of_mean } = golden.multiclass;
  const { loss, gradient } = await evaluate(logits, y, { gamma, classWeights: null });
  expectClose([loss], [mean], 2e-6, "loss");
  expectClose(gradient, grad_of_mean.flat(), 5e-6, "gradient");
});

describe("by the definition", () => {
  const logits = [
    [0.3, -1.2],
    [2, 0.5],
    [-0.7, 1.9],
  ];
  const labels = [0, 1, 1];

  /** -alpha (1 - p)^gamma log p in float64. */
  function definition(z: readonly number[], label: number, gamma: number, alpha: number): number {
    const p = Math.exp(z[label]!) / z.reduce((sum, other) => sum + Math.exp(other), 0);
    return -alpha * (1 - p) ** gamma * Math.log(p);
  }

  test.each([0, 0.5, 1, 2, 3.5])("gamma %d: the gradient is that of central differences", async (gamma) => {
    const classWeights = [0.4, 1.7];
    const lossAt = (z: readonly (readonly number[])[]) =>
      z.reduce((sum, row, n) => sum + definition(row, labels[n]!, gamma, classWeights[labels[n]!]!) / 3, 0);
    const numerical = logits.flatMap((row, n) =>
      row.map((_, j) => {
        const moved = (step: number) =>
          lossAt(logits.map((other, at) => (at === n ? other.map((z, k) => (k === j ? z + step : z)) : other)));
        return (moved(1e-5) - moved(-1e-5)) / 2e-5;
      }),
    );
    const { loss, gradient } = await evaluate(logits, labels, { gamma, classWeights });
    expectClose([loss], [lossAt(logits)], 1e-6, "loss");
    expectClose(gradient, numerical, 2e-6, "gradient");
  });

  test("gamma 0 is cross-entropy: mean of -log p_t, with the gradient p - target", async () => {
    const { loss, gradient } = await evaluate(logits, labels, { gamma: 0, classWeights: null });
    const probabilities = logits.map((row) => {
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
      return row.map((z) => Math.exp(z) / total);
    });
    const crossEntropy = probabilities.reduce((sum, row, n) => sum - Math.log(row[labels[n]!]!) / 3, 0);
    expectClose([loss], [crossEntropy], 1e-6);
    const expected = probabilities.flatMap((row, n) => row.map((p, j) => (p - Number(j === labels[n])) / 3));
    expectClose(gradient, expected, 1e-6);
  });

  test("a sample of weight 0 is as good as absent", async () => {
    const options = { gamma: 2, classWeights: null };
    const padded = await evaluate([...logits, [50, -50]], [...labels, 1], options, [1 / 3, 1 / 3, 1 / 3, 0]);
    const alone = await evaluate(logits, labels, options);
    expectClose([padded.loss], [alone.loss], 1e-6);
    expectClose(padded.gradient, [...alone.gradient, 0, 0], 1e-6);
  });
});

test.each([0, 0.5, 1, 2, 5])(
  "gamma %d: a certain right answer costs nothing, a certain wrong one is finite",
  async (gamma) => {
    for (const size of [50, 1e4, 1e30]) {
      const { loss, gradient } = await evaluate([[size, -size]], [0], { gamma, classWeights: null });
      expect([loss, ...gradient].every(Number.isFinite)).toBe(true);
      expect(loss).toBeLessThan(1e-12);
      const wrong = await evaluate([[size, -size]], [1], { gamma, classWeights: null });
      expect([wrong.loss, ...wrong.gradient].every(Number.isFinite)).toBe(true);
      expectClose([wrong.loss], [2 * size], 1e-6);
      expectClose(wrong.gradient, [1, -1], 1e-6);
    }
  },
);
