import { expect, test } from "vitest";
import { runOperation } from "../../../test/engine/run-operation.ts";
import { RandomStream } from "../../core/random.ts";
import { Computation, type RandomMask } from "../computation.ts";
import { drawRandomMasks, dropout } from "./dropout.ts";

const mask: RandomMask = { name: "dropout/fc", shape: [4, 100], keepProbability: 0.8 };
const ofStep = (step: number) => new RandomStream("seed").fork(step);

test("a mask covers the whole batch, keeps its share, and kept numbers grow so that the mean stays", () => {
  const { dims, data } = drawRandomMasks([mask], 100, ofStep(1))["dropout/fc"]!;
  const numbers = data as Float32Array;
  expect(dims).toEqual([100, 100]);
  expect(new Set(numbers)).toEqual(new Set([0, 1.25]));
  const kept = numbers.filter((number) => number > 0).length;
  // 10,000 draws of 0.8: standard deviation 40.
  expect(Math.abs(kept - 8000)).toBeLessThan(160);
});

test("a step's masks depend on the seed, the step and their names alone", () => {
  const other = { ...mask, name: "dropout/other" };
  const numbers = (masks: readonly RandomMask[], step: number, name: string) =>
    drawRandomMasks(masks, 8, ofStep(step))[name]!.data;
  const first = numbers([mask, other], 1, "dropout/fc");
  expect(numbers([other, mask], 1, "dropout/fc")).toEqual(first);
  expect(numbers([mask], 2, "dropout/fc")).not.toEqual(first);
  expect(numbers([mask, other], 1, "dropout/other")).not.toEqual(first);
});

test("numbers and gradients are multiplied by the same mask", async () => {
  const { output, gradients } = await runOperation(
    (computation, [x]) => dropout(computation, "fc", x!, 0.5),
    [{ shape: [2, 2], data: [1, 2, 3, 4] }],
    [10, 20, 30, 40],
    0,
    { "dropout/fc": { shape: [2, 2], data: [0, 2, 2, 0] } },
  );
  expect([...output]).toEqual([0, 4, 6, 0]);
  expect([...gradients[0]!]).toEqual([0, 40, 60, 0]);
});

test("inference, and a probability of 0, leave the numbers alone", () => {
  const inference = new Computation({ kind: "inference", weights: new Map(), storage: "float32" });
  const x = inference.input("x", [2]);
  expect(dropout(inference, "fc", x, 0.5)).toBe(x);
  const training = new Computation({ kind: "training", blockSize: 0 });
  const y = training.differentiableInput("y", [2]);
  expect(dropout(training, "fc", y, 0)).toBe(y);
  expect(training.randomMasks).toEqual([]);
});
