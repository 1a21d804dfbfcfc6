import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { MODEL_IN_THE_BOX, readModel } from "../scoring/model.ts";
import { readBesideModel } from "./beside-model.ts";

test("the model in the box comes with what was measured of it, and the ROC curve's area is the one that is told", async () => {
  const { sha256, metadata } = await readModel(MODEL_IN_THE_BOX);
  const beside = await readBesideModel(MODEL_IN_THE_BOX, sha256);
  expect(beside, "made again by the command in models/README.md").not.toBeNull();
  const { measured, dataHash } = beside ?? { measured: null, dataHash: null };
  expect(dataHash).toBe(metadata.data_hash);
  expect(measured?.cells).toBe(metadata.metrics.validation_cells);
  const roc = measured?.roc ?? [];
  const area = roc.slice(1).reduce((sum, [x, y], index) => {
    const [left = 0, below = 0] = roc[index] ?? [];
    return sum + ((x - left) * (y + below)) / 2;
  }, 0);
  // The stored curve is thinned to a grid of 1/300.
  expect(area).toBeCloseTo(measured?.auc.value ?? 0, 2);
  expect(measured?.reliability.reduce((sum, { cells }) => sum + cells, 0)).toBe(measured?.cells);
});

test("what was measured of another model is not shown", async () => {
  expect(await readBesideModel(MODEL_IN_THE_BOX, "0".repeat(64))).toBeNull();
});

test("what lies beside the model in the box names no folder", async () => {
  const text = await readFile(MODEL_IN_THE_BOX.replace(/\.onnx$/, ".evaluation.json"), "utf8");
  expect(text).not.toMatch(/[/\\]/);
  expect(text.length).toBeLessThan(30_000);
});
