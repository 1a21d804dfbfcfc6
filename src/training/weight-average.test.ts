import { expect, test } from "vitest";
import { WeightAverage } from "./weight-average.ts";

const stateOf = (weight: number) =>
  new Map([
    ["weight", Float32Array.of(weight, -weight)],
    ["momentum/weight", Float32Array.of(9, 9)],
  ]);

test("is the plain mean of the first steps, then each step counts one over their number (by hand)", () => {
  const average = new WeightAverage(stateOf(100), ["weight"], 2);
  const after = [1, 3, 7].map((weight, index) => {
    average.add(stateOf(weight), index + 1);
    return [...(average.weights.get("weight") ?? [])];
  });
  // 1; (1 + 3) / 2; 2 + (7 - 2) / 2. The start, 100, counts for nothing.
  expect(after).toEqual([
    [1, -1],
    [2, -2],
    [4.5, -4.5],
  ]);
  expect([...average.weights.keys()]).toEqual(["weight"]);
});

test("comes back from a checkpoint beside the state", () => {
  const [before, after] = [0, 1].map(() => new WeightAverage(stateOf(0), ["weight"], 4));
  before!.add(stateOf(6), 1);
  const rest = new Map(after!.restore([...stateOf(2), ...before!.inCheckpoint()]));
  expect(rest).toEqual(stateOf(2));
  for (const average of [before!, after!]) average.add(stateOf(2), 2);
  expect(after!.weights).toEqual(before!.weights);
  expect(after!.weights.get("weight")).toEqual(Float32Array.of(4, -4));
});
