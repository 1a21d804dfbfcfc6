import { expect, test } from "vitest";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { parseTrainingSettings } from "../training/settings.ts";
import { estimateSecondsLeft } from "./time-left.ts";

function workload(epochs: number, trainingCells: number, widthMultiplier = 1) {
  const cell = (split: "train" | "val"): Cell => ({ file: "a", path: "a", split, columns: {} });
  const cells = [...Array.from({ length: trainingCells }, () => cell("train")), cell("val")];
  const dataset: Dataset = {
    ...{ source: "made", cells, leftOut: [], hash: "" },
    ...{ classes: ["normal", "mn"], positiveClass: "mn" },
  };
  const network = { name: "alex-light", widthMultiplier };
  return { dataset, settings: parseTrainingSettings({ epochs, network }, "the test") };
}

const finished = (seconds: number, ...of: Parameters<typeof workload>) => ({ ...workload(...of), seconds });

test("the rest takes as long for its epochs and cells as what is finished (by hand)", () => {
  // 2 epochs of 10 cells in 8 s: 0.4 s a cell; left are 3 epochs of 20 cells and 1 epoch of 10: 70 cells.
  expect(estimateSecondsLeft([finished(8, 2, 10)], [workload(3, 20), workload(1, 10)])).toBeCloseTo(28, 10);
});

test("a network of a quarter of the operations counts for a quarter of the time", () => {
  // Half as many channels: a quarter of the operations but in the first layer, which has three channels to read in any case.
  const left = estimateSecondsLeft([finished(10, 1, 10)], [workload(1, 10, 0.5)]);
  expect(left).toBeGreaterThan(2.5);
  expect(left).toBeLessThan(3.5);
});

test("nothing is known before the first is finished", () => {
  expect(estimateSecondsLeft([], [workload(1, 1)])).toBeNull();
});
