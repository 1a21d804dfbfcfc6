import { expect, test } from "vitest";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { dispersionOf } from "./dispersion.ts";

type Reference = { N: number; X: number; y: number; DI: number; u: number; y_err: number };

test.each([
  ["disp ex1", [302, 28, 22, 8, 1]],
  ["disp ex2", [160, 55, 19, 17, 9, 4]],
  ["MN case", [895, 92, 11, 2]],
])("cells, micronuclei, yield, dispersion index, u and error of %s (Biodose Tools)", (key, distribution) => {
  const { N, X, y, DI, u, y_err } = golden.get<Reference>(key);
  const found = dispersionOf(distribution);
  nearAll(
    [
      found.bnCells,
      found.micronuclei,
      found.yieldPerCell,
      found.dispersionIndex,
      found.uValue,
      found.yieldStandardError,
    ],
    [N, X, y, DI, u, y_err],
  );
});

test("the calibration of Mayakannan: dispersion index and u of every dose", () => {
  const tables = [
    [7326, 174],
    [2440, 60],
    [2865, 85],
    [2889, 111],
    [1542, 63, 4, 1],
    [1294, 101, 10, 3, 1],
    [1332, 132, 21, 5],
    [1231, 180, 40, 11, 3, 1],
    [1047, 216, 42, 8, 1],
    [1202, 254, 57, 19, 2, 1, 2],
  ].map(dispersionOf);
  golden.near(
    tables.map(({ dispersionIndex }) => dispersionIndex),
    "mayak DI",
  );
  golden.near(
    tables.map(({ uValue }) => uValue),
    "mayak u",
  );
});

test("what is undefined is null: u below two micronuclei, the index without any, the variance of one cell", () => {
  expect(dispersionOf([99, 1]).uValue).toBeNull();
  expect(dispersionOf([99, 1]).dispersionIndex).toBeCloseTo(1, 12);
  expect(dispersionOf([100])).toMatchObject({ yieldPerCell: 0, yieldStandardError: 0, dispersionIndex: null });
  expect(dispersionOf([0, 0, 1])).toMatchObject({ micronuclei: 2, yieldStandardError: null, dispersionIndex: null });
});

test("10^9 cells in Poisson proportions have dispersion index 1", () => {
  // Mean 0.01: cells with k micronuclei are N e^-m m^k / k!, rounded.
  const factorials = [1, 1, 2, 6, 24, 120];
  const cells = factorials.map((factorial, k) => Math.round((1e9 * Math.exp(-0.01) * 0.01 ** k) / factorial));
  // Rounding 0.8 cells with five micronuclei to 1 costs 6e-7.
  expect(dispersionOf(cells).dispersionIndex).toBeCloseTo(1, 5);
});

test("an empty, a negative and an all-zero table are refused", () => {
  expect(() => dispersionOf([])).toThrow(expect.objectContaining({ code: "NO_CELLS_COUNTED" }));
  expect(() => dispersionOf([0, 0])).toThrow(expect.objectContaining({ code: "NO_CELLS_COUNTED" }));
  expect(() => dispersionOf([10, -1])).toThrow(expect.objectContaining({ code: "COUNT_INVALID" }));
});
