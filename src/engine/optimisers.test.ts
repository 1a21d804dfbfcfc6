import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { expectClose } from "../../test/engine/expect-close.ts";
import { Computation } from "./computation.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { appendOptimiser, type OptimiserSettings } from "./optimisers.ts";
import { LOSS_OUTPUT, TrainingSession } from "./training-session.ts";

/** Trains parameters a [2] and b [1] whose gradients are fed: the loss is g . a + h b. Returns the state after each step. */
async function train(
  settings: OptimiserSettings,
  start: Readonly<Record<string, readonly number[]>>,
  gradients: readonly (readonly [number, number, number])[],
  learningRate: number,
  clipNorm: number | null = null,
): Promise<Map<string, Float32Array>[]> {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const a = computation.parameter("a", [2], { kind: "constant", number: 0 });
  const b = computation.parameter("b", [1], { kind: "constant", number: 0 });
  computation.accumulate(a, computation.input("g", [2]));
  computation.accumulate(b, computation.input("h", [1]));
  computation.graph.output(computation.graph.sum(b, [0], false), LOSS_OUTPUT);
  const states = appendOptimiser(computation, settings, clipNorm);
  const session = await TrainingSession.open(encodeOnnx(computation.graph), states, { device: "cpu", threads: 1 });
  session.writeState(new Map(Object.entries(start).map(([name, numbers]) => [name, Float32Array.from(numbers)])));
  const history: Map<string, Float32Array>[] = [];
  for (const [index, [g0, g1, h]] of gradients.entries()) {
    const batch = {
      g: new Tensor("float32", Float32Array.of(g0, g1), [2]),
      h: new Tensor("float32", Float32Array.of(h), [1]),
    };
    await session.step(batch, learningRate, index + 1);
    history.push(session.readState());
  }
  await session.close();
  return history;
}

const START = { a: [1, -2], b: [0.5] };
const GRADIENT = [0.5, -1, 2] as const;

test("SGD with momentum 0.9, decay 0.1 and rate 0.1: two steps by hand", async () => {
  const settings = { kind: "sgd", momentum: 0.9, weightDecay: 0.1 } as const;
  const [first, second] = await train(settings, START, [GRADIENT, GRADIENT], 0.1);
  // g' = (0.5 + 0.1, -1 - 0.2) = v; a = (1 - 0.06, -2 + 0.12)
  expectClose(first!.get("a")!, [0.94, -1.88], 1e-6);
  expectClose(first!.get("momentum/a")!, [0.6, -1.2], 1e-6);
  // g' = (0.594, -1.188); v = 0.9 v + g' = (1.134, -2.268)
  expectClose(second!.get("momentum/a")!, [1.134, -2.268], 1e-6);
  expectClose(second!.get("a")!, [0.8266, -1.6532], 1e-6);
  // g' = 2.05, v = 2.05, b = 0.295; g' = 2.0295, v = 3.8745, b = -0.09245
  expectClose(second!.get("b")!, [-0.09245], 1e-5);
});

test("Nesterov's momentum looks one step ahead: two steps by hand", async () => {
  const settings = { kind: "sgd", momentum: 0.9, weightDecay: 0.1, nesterov: true } as const;
  const [first, second] = await train(
    settings,
    { a: [1, 0], b: [0] },
    [
      [0.5, 0, 0],
      [0.5, 0, 0],
    ],
    0.1,
  );
  // g' = v = 0.6; a = 1 - 0.1 (0.6 + 0.54)
  expectClose(first!.get("a")!, [0.886, 0], 1e-6);
  // g' = 0.5886; v = 0.54 + 0.5886 = 1.1286; a = 0.886 - 0.1 (0.5886 + 0.9 * 1.1286)
  expectClose(second!.get("a")!, [0.725566, 0], 1e-6);
});

test("SGD without momentum and decay walks straight down: w = w0 - k rate g", async () => {
  const settings = { kind: "sgd", momentum: 0, weightDecay: 0 } as const;
  const history = await train(settings, START, [GRADIENT, GRADIENT, GRADIENT, GRADIENT], 0.25);
  expect([...history[3]!.get("a")!, ...history[3]!.get("b")!]).toEqual([0.5, -1, -1.5]);
});

test("AdamW under a constant gradient steps by the rate whatever the gradient's size, and decays geometrically", async () => {
  const [rate, decay, steps] = [0.01, 0.5, 20];
  const gradients = Array.from({ length: steps }, () => [1e-3, -40, 7] as const);
  const history = await train({ kind: "adamw", weightDecay: decay }, START, gradients, rate);
  // w <- (1 - rate decay) w - rate sign(g), so w + sign(g) / decay shrinks by (1 - rate decay) a step.
  const expected = (start: number, sign: number) => (start + sign / decay) * (1 - rate * decay) ** steps - sign / decay;
  expectClose(history.at(-1)!.get("a")!, [expected(1, 1), expected(-2, -1)], 2e-5);
  expectClose(history.at(-1)!.get("b")!, [expected(0.5, 1)], 2e-5);
});

test("AdamW: two steps with a gradient that turns, by hand", async () => {
  const [, second] = await train(
    { kind: "adamw", weightDecay: 0 },
    { a: [1, 0], b: [0] },
    [
      [1, 0, 0],
      [-1, 0, 0],
    ],
    0.1,
  );
  // m = 0.9 * 0.1 - 0.1 = -0.01, corrected by 1 - 0.81; v = 0.001 * 1.999, corrected by 1 - 0.998001: 1
  expectClose(second!.get("momentum/a")!, [-0.01, 0], 1e-5);
  expectClose(second!.get("second_moment/a")!, [0.001999, 0], 1e-5);
  expectClose(second!.get("a")!, [0.9 + (0.1 * 0.01) / 0.19, 0], 1e-5);
});

test("AdamW's own betas and epsilon count: one step by hand", async () => {
  const settings = { kind: "adamw", weightDecay: 0, beta1: 0.5, beta2: 0.5, epsilon: 1 } as const;
  const [first] = await train(settings, { a: [1, 0], b: [0] }, [[3, 0, 0]], 0.1);
  // m / (1 - 0.5) = 3; sqrt(v / (1 - 0.5)) + 1 = 4
  expectClose(first!.get("a")!, [1 - 0.1 * 0.75, 0], 1e-6);
});

test("gradients beyond the greatest norm are scaled to it, all together: |(3, -4, 12)| = 13", async () => {
  const settings = { kind: "sgd", momentum: 0, weightDecay: 0 } as const;
  const [first] = await train(settings, { a: [0, 0], b: [0] }, [[3, -4, 12]], 1, 2);
  expectClose(first!.get("a")!, [-6 / 13, 8 / 13], 1e-6);
  expectClose(first!.get("b")!, [-24 / 13], 1e-6);
});

test("gradients within the greatest norm stay as they are, and zero gradients stay zero", async () => {
  const settings = { kind: "sgd", momentum: 0, weightDecay: 0 } as const;
  const [first, second] = await train(
    settings,
    { a: [0, 0], b: [0] },
    [
      [3, -4, 12],
      [0, 0, 0],
    ],
    1,
    13.5,
  );
  expect([...first!.get("a")!, ...first!.get("b")!]).toEqual([-3, 4, -12]);
  expect([...second!.get("a")!, ...second!.get("b")!]).toEqual([-3, 4, -12]);
});

test("a gradient so large that its norm overflows moves nothing and leaves no NaN", async () => {
  const settings = { kind: "sgd", momentum: 0.9, weightDecay: 0 } as const;
  const [first] = await train(settings, START, [[1e30, -1e30, 1e30]], 0.1, 1);
  expect([...first!.get("a")!]).toEqual([1, -2]);
});
