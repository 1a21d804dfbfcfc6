import { Tensor } from "onnxruntime-node";
import { afterEach, expect, test } from "vitest";
import { generateNumbers } from "../../test/engine/generated-numbers.ts";
import { Computation } from "./computation.ts";
import { encodeOnnx } from "./onnx-file.ts";
import { linear } from "./operations/arithmetic.ts";
import { appendOptimiser, type OptimiserSettings } from "./optimisers.ts";
import { LOSS_OUTPUT, TrainingSession } from "./training-session.ts";

const sessions: TrainingSession[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map(async (session) => await session.close()));
});

/** A linear layer [4] -> [2]; the loss is the sum of its outputs weighted by `slope`. */
async function openLinear(optimiser: OptimiserSettings): Promise<TrainingSession> {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const x = computation.input("x", [3, 4]);
  const weight = computation.parameter("weight", [2, 4], { kind: "constant", number: 0 });
  const bias = computation.parameter("bias", [2], { kind: "constant", number: 0 });
  const y = linear(computation, x, weight, bias);
  const slope = computation.input("slope", [3, 2]);
  computation.backpropagate({ of: y, gradient: graph.add("Mul", [slope, y]) });
  graph.output(graph.sum(graph.add("Mul", [slope, y]), [0, 1], false), LOSS_OUTPUT);
  const states = appendOptimiser(computation, optimiser, 5);
  const session = await TrainingSession.open(encodeOnnx(graph), states, { device: "cpu", threads: 1 });
  sessions.push(session);
  return session;
}

function batch(seed: number) {
  const numbers = (count: number, shift: number) => Float32Array.from(generateNumbers(seed + shift, count));
  return { x: new Tensor("float32", numbers(12, 0), [3, 4]), slope: new Tensor("float32", numbers(6, 50), [3, 2]) };
}

const START = new Map([
  ["weight", Float32Array.from(generateNumbers(1, 8))],
  ["bias", Float32Array.of(0.1, -0.2)],
]);

test.each([
  { kind: "sgd", momentum: 0.9, weightDecay: 0.01 },
  { kind: "adamw", weightDecay: 0.01 },
] as const)("$kind: five steps leave the same bytes as five sessions of one step each", async (optimiser) => {
  const through = await openLinear(optimiser);
  through.writeState(START);
  let state: ReadonlyMap<string, Float32Array> = START;
  for (let step = 1; step <= 5; step++) {
    const { loss } = await through.step(batch(step), 0.1, step);
    const single = await openLinear(optimiser);
    single.writeState(state);
    expect((await single.step(batch(step), 0.1, step)).loss).toBe(loss);
    state = single.readState();
    expect(through.readState()).toEqual(state);
  }
});

test("the loss is that of the parameters before the step", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0, weightDecay: 0 });
  session.writeState(new Map([...START, ["bias", Float32Array.of(2, 3)]]));
  const { loss } = await session.step(
    {
      x: new Tensor("float32", new Float32Array(12), [3, 4]),
      slope: new Tensor("float32", new Float32Array(6).fill(1), [3, 2]),
    },
    0.1,
    1,
  );
  expect(loss).toBe(15);
});

test("the state names every parameter and its momentum, and what is written is read back", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  session.writeState(START);
  await session.step(batch(1), 0.1, 1);
  const state = session.readState();
  expect([...state.keys()].sort()).toEqual(["bias", "momentum/bias", "momentum/weight", "weight"]);
  const other = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  other.writeState(state);
  expect(other.readState()).toEqual(state);
});

test("a state that was read is a copy, which later steps leave alone", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  session.writeState(START);
  const before = session.readState();
  for (let step = 1; step <= 3; step++) await session.step(batch(step), 0.1, step);
  expect(before.get("weight")).toEqual(START.get("weight"));
});

test("memory that a state lacks becomes zero, also in the middle of a training", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  session.writeState(START);
  await session.step(batch(1), 0.1, 1);
  session.writeState(START);
  expect(session.readState().get("momentum/weight")).toEqual(new Float32Array(8));
});

test("a buffer is part of the state: renewed where an operation says so, else kept", async () => {
  const computation = new Computation({ kind: "training", blockSize: 0 });
  const { graph } = computation;
  const weight = computation.parameter("weight", [1], { kind: "constant", number: 0 });
  const counter = computation.buffer("counter", [1], { kind: "constant", number: 0 });
  computation.buffer("kept", [1], { kind: "constant", number: 0 });
  computation.renew(counter, graph.add("Add", [counter, graph.constant([1], [1])]));
  computation.backpropagate({ of: weight, gradient: graph.constant([1], [1]) });
  graph.output(graph.sum(weight, [0], false), LOSS_OUTPUT);
  const states = appendOptimiser(computation, { kind: "sgd", momentum: 0, weightDecay: 0 }, null);
  const session = await TrainingSession.open(encodeOnnx(graph), states, { device: "cpu", threads: 1 });
  sessions.push(session);
  session.writeState(
    new Map([
      ["weight", Float32Array.of(9)],
      ["counter", Float32Array.of(5)],
      ["kept", Float32Array.of(7)],
    ]),
  );
  for (let step = 1; step <= 3; step++) await session.step({}, 1, step);
  const state = session.readState();
  expect(["weight", "counter", "kept"].map((name) => state.get(name)![0])).toEqual([6, 8, 7]);
});

test("a state without one of the weights is refused by name", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  expect(() => session.writeState(new Map([["bias", new Float32Array(2)]]))).toThrow("The state lacks weight [2,4].");
});

test("a state of the wrong size is refused with its name and both counts", async () => {
  const session = await openLinear({ kind: "sgd", momentum: 0.9, weightDecay: 0 });
  expect(() => session.writeState(new Map([...START, ["bias", new Float32Array(3)]]))).toThrow(
    /bias \[2\] needs 2 numbers, got 3/,
  );
});
