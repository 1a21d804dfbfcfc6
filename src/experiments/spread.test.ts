import { expect, test } from "vitest";
import { meanOf, standardDeviationOf } from "./spread.ts";

test("mean and standard deviation of a sample (by hand)", () => {
  // Deviations -3, -1, 1, 3: squares 20, over 3.
  expect(meanOf([2, 4, 6, 8])).toBe(5);
  expect(standardDeviationOf([2, 4, 6, 8])).toBeCloseTo(Math.sqrt(20 / 3), 12);
});

test("nothing has no mean, and one value no spread", () => {
  expect([meanOf([]), standardDeviationOf([]), standardDeviationOf([7])]).toEqual([null, null, null]);
});
