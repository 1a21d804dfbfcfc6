import { expect, test } from "vitest";
import { describeCollapse } from "./collapse.ts";
import type { EpochRecord } from "./history.ts";

const epoch = (number: number, trainingLoss: number, validationAuc: number, kept: boolean): EpochRecord => ({
  ...{ epoch: number, trainingLoss, validationAuc, kept },
  ...{ learningRate: 0.01, validationLoss: trainingLoss, imagesPerSecond: 60, seconds: 20 },
});

// Cross-entropy at a rate of 0.01 on real cells: learns in the first epoch and blows up in the second.
const blownUp = [epoch(1, 0.6385, 0.8454, true), epoch(2, 0.6738, 0.6761, false), epoch(15, 0.6851, 0.5781, false)];
const crossEntropy = { loss: { gamma: 0 }, balance: "tvad" } as const;
const focal = { loss: { gamma: 2 }, balance: "tvad" } as const;

test("a training that blew up says so, and which epoch its model is of", () => {
  const said = describeCollapse(blownUp, crossEntropy);
  expect(said).toContain("ended at 0.6851, and one answer for every cell has 0.6931");
  expect(said).toContain("epoch 1, with a validation AUC of 0.8454");
});

test("the loss of one answer is that of the focusing exponent: (1/2)^2 ln 2", () => {
  expect(describeCollapse([epoch(1, 0.173, 0.5, true)], focal)).toContain("0.1733");
  expect(describeCollapse([epoch(1, 0.16, 0.5, true)], focal)).toBeNull();
  // 0.16 would be far below the cross-entropy of one answer.
  expect(describeCollapse([epoch(1, 0.66, 0.5, true)], crossEntropy)).not.toBeNull();
});

test("nothing is said of a training that learns, nor where unbalanced classes have another loss of one answer", () => {
  expect(describeCollapse([epoch(1, 0.17, 0.6, true), epoch(2, 0.05, 0.95, true)], focal)).toBeNull();
  expect(describeCollapse(blownUp, { ...crossEntropy, balance: "none" })).toBeNull();
  expect(describeCollapse([], focal)).toBeNull();
});
