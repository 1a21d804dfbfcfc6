import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { poissonProbabilities, total } from "../../test/assay/probabilities.ts";
import { describeHistoricalControl, historicalLimits } from "./historical-control.ts";

/** Twenty controls of 2000 cells whose sum is 225 and whose sum of squares is 2645: mean 11.25, variance 5.98684. */
const counts = [8, 14, 11, 9, 13, 12, 10, 15, 11, 7, 12, 14, 9, 11, 10, 13, 8, 16, 12, 10];

test("the example list has the mean and variance of the reference", () => {
  const [mean, variance] = golden.get("HCD mean,var,DI");
  expect(total(counts) / 20).toBe(mean);
  expect(total(counts.map((count) => (count - 11.25) ** 2)) / 19).toBeCloseTo(variance ?? 0, 12);
});

test("historical controls: pooled rate, dispersion check and Poisson limits per 2000 cells (scipy)", () => {
  const history = describeHistoricalControl(counts.map((mnbnCells) => ({ mnbnCells, bnCells: 2000 })));
  const [mean, , index] = golden.get("HCD mean,var,DI");
  expect(history.ratePerCell * 2000).toBeCloseTo(mean ?? 0, 12);
  expect(history.dispersionIndex).toBeCloseTo(index ?? 0, 10);
  golden.near([history.dispersionChiSquared, history.dispersionPValue], "HCD dispersion chi2,p");
  const { low, high } = historicalLimits(history.ratePerCell, 2000);
  golden.near([low, high], "HCD poisson 95% quantile limits");
});

test("a new control falls inside the limits with at least 95 %, and the limits are no wider than needed", () => {
  for (const mean of [0.3, 2, 11.25, 47, 130]) {
    const { low, high } = historicalLimits(mean / 1000, 1000);
    const probabilities = poissonProbabilities(mean);
    expect(total(probabilities.slice(low, high + 1))).toBeGreaterThanOrEqual(0.95);
    expect(total(probabilities.slice(0, low))).toBeLessThanOrEqual(0.025);
    expect(total(probabilities.slice(high))).toBeGreaterThan(0.025);
  }
});

test("a history without any micronuclei gives limits 0 to 0 and no dispersion; large counts stay exact", () => {
  const none = describeHistoricalControl([
    { mnbnCells: 0, bnCells: 1000 },
    { mnbnCells: 0, bnCells: 2000 },
  ]);
  expect(none).toMatchObject({ ratePerCell: 0, dispersionChiSquared: 0, dispersionPValue: 1 });
  expect(historicalLimits(0, 1000)).toEqual({ expected: 0, low: 0, high: 0 });
  // 2.5 % and 97.5 % quantile of a Poisson variable of mean 10^4 (scipy.stats.poisson.ppf).
  expect(historicalLimits(1e-5, 1_000_000_000)).toEqual({ expected: 10_000, low: 9804, high: 10_196 });
});

test("a single experiment and impossible counts are refused", () => {
  expect(() => describeHistoricalControl([{ mnbnCells: 9, bnCells: 2000 }])).toThrow(
    expect.objectContaining({ code: "HISTORY_TOO_SHORT" }),
  );
  expect(() =>
    describeHistoricalControl([
      { mnbnCells: 9, bnCells: 2000 },
      { mnbnCells: 9, bnCells: 5 },
    ]),
  ).toThrow(expect.objectContaining({ code: "COUNT_ABOVE_TOTAL" }));
  expect(() => historicalLimits(-0.01, 1000)).toThrow(expect.objectContaining({ code: "PROBABILITY_OUT_OF_RANGE" }));
});
