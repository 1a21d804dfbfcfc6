import { expect, test } from "vitest";
import { areaUnderRoc, hanleyMcNeilStandardError, rocCurve } from "./roc.ts";

test("AUC counts a tie as half a win (by hand: 5.5 of 6 pairs)", () => {
  expect(areaUnderRoc([0.9, 0.4, 0.4, 0.3, 0.1], [true, true, false, false, false])).toBeCloseTo(5.5 / 6, 12);
});

test("AUC with one class throws SINGLE_CLASS", () => {
  expect(() => areaUnderRoc([0.1, 0.2], [true, true])).toThrow(expect.objectContaining({ code: "SINGLE_CLASS" }));
  expect(() => areaUnderRoc([0.1, 0.2], [false, false])).toThrow(expect.objectContaining({ code: "SINGLE_CLASS" }));
});

test("a score that is not a number is refused with its position", () => {
  expect(() => areaUnderRoc([0.1, Number.NaN], [true, false])).toThrow(
    expect.objectContaining({ code: "SCORE_NOT_FINITE", message: expect.stringContaining("cell 2 of 2") }),
  );
});

test("no cell at all is refused", () => {
  expect(() => areaUnderRoc([], [])).toThrow(expect.objectContaining({ code: "NO_CELLS" }));
});

test("the ROC curve goes through every distinct score (by hand)", () => {
  expect(rocCurve([0.8, 0.8, 0.6, 0.2], [true, false, true, false])).toEqual({
    falsePositiveRate: [0, 0.5, 0.5, 1],
    truePositiveRate: [0, 0.5, 1, 1],
    thresholds: [Number.POSITIVE_INFINITY, 0.8, 0.6, 0.2],
  });
});

test("the Hanley-McNeil standard error of AUC 0.88 from 5 positives and 5 negatives is 0.1180807", () => {
  expect(hanleyMcNeilStandardError(0.88, 5, 5)).toBeCloseTo(0.11808069982741687, 12);
});
