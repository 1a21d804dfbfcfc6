import { expect, test } from "vitest";
import {
  brierScore,
  equalCountBins,
  equalWidthBins,
  expectedCalibrationError,
  logLoss,
  maximumCalibrationError,
} from "./calibration.ts";
import { confusionAt, f1, matthewsCorrelation } from "./confusion.ts";
import { averagePrecision } from "./precision-recall.ts";
import { areaUnderRoc } from "./roc.ts";

/** Worked example, computed in Python with scikit-learn and SciPy. */
const LABELS = [..."1011001001"].map((label) => label === "1");
const PROBABILITIES = [0.95, 0.1, 0.8, 0.55, 0.45, 0.2, 0.7, 0.6, 0.05, 0.35];

test("the worked example: AUC 0.88, AP 0.902857, F1 0.8 and MCC 0.6 at 0.5", () => {
  const confusion = confusionAt(PROBABILITIES, LABELS, 0.5);
  expect(areaUnderRoc(PROBABILITIES, LABELS)).toBeCloseTo(0.88, 14);
  expect(averagePrecision(PROBABILITIES, LABELS)).toBeCloseTo(0.9028571428571428, 14);
  expect(f1(confusion)).toBeCloseTo(0.8, 14);
  expect(matthewsCorrelation(confusion)).toBeCloseTo(0.6, 14);
});

test("the worked example with a tie: AUC 0.625, AP 0.583333", () => {
  const labels = [true, false, true, false];
  expect(areaUnderRoc([0.8, 0.8, 0.6, 0.2], labels)).toBeCloseTo(0.625, 14);
  expect(averagePrecision([0.8, 0.8, 0.6, 0.2], labels)).toBeCloseTo(0.5833333333333333, 14);
});

test("the worked example: Brier score 0.13725, log loss 0.417270", () => {
  expect(brierScore(PROBABILITIES, LABELS)).toBeCloseTo(0.13725, 14);
  expect(logLoss(PROBABILITIES, LABELS)).toBeCloseTo(0.41726960088841525, 14);
});

test("the worked example in five bins: ECE 0.115, MCE 0.225, and each bin", () => {
  const bins = equalWidthBins(PROBABILITIES, LABELS, 5);
  expect(expectedCalibrationError(bins)).toBeCloseTo(0.115, 14);
  expect(maximumCalibrationError(bins)).toBeCloseTo(0.225, 14);
  expect(bins.map(({ cells, observed }) => [cells, observed])).toEqual([
    [2, 0],
    [2, 0.5],
    [2, 0.5],
    [2, 0.5],
    [2, 1],
  ]);
  for (const [bin, mean] of [0.075, 0.275, 0.5, 0.65, 0.875].entries()) {
    expect(bins[bin]?.meanProbability).toBeCloseTo(mean, 14);
  }
});

test("a probability of 1 belongs to the last bin, an edge to the bin above it, empty bins are left out", () => {
  const bins = equalWidthBins([0, 0.5, 1], [false, true, true], 2);
  expect(bins.map(({ lower, upper, cells }) => [lower, upper, cells])).toEqual([
    [0, 0.5, 1],
    [0.5, 1, 2],
  ]);
  expect(equalWidthBins([0.95], [true], 10)).toHaveLength(1);
});

test("a certain and wrong probability costs -ln 1e-15, not infinity", () => {
  expect(logLoss([1], [false])).toBeCloseTo(34.538776394910684, 9);
});

test("bins of equal count hold equal counts, and cells of equal probability stay together", () => {
  const rising = Array.from({ length: 20 }, (_, cell) => cell / 20);
  const labels = rising.map((probability) => probability > 0.5);
  expect(equalCountBins(rising, labels, 4).map(({ cells }) => cells)).toEqual([5, 5, 5, 5]);

  const tied = equalCountBins([0.1, 0.1, 0.1, 0.1, 0.1, 0.9], [false, false, false, true, false, true], 3);
  expect(tied.map(({ cells, observed }) => [cells, observed])).toEqual([
    [5, 0.2],
    [1, 1],
  ]);
});

test("a score outside [0, 1] is refused with its position", () => {
  expect(() => brierScore([0.5, 1.5], [true, false])).toThrow(
    expect.objectContaining({ code: "NOT_A_PROBABILITY", message: expect.stringContaining("cell 2 is 1.5") }),
  );
});
