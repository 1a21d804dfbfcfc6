import { expect, test } from "vitest";
import { golden } from "../../test/assay/golden.ts";
import { binomialProbabilities, poissonProbabilities, total } from "../../test/assay/probabilities.ts";
import { clopperPearson, garwood, type Interval, mnbnFrequency, mnYield, wilson } from "./frequency.ts";

test.each([
  [14, 1000],
  [41, 2000],
  [0, 1000],
])("exact and Wilson intervals of %i in %i per 1000 (scipy)", (mnbnCells, bnCells) => {
  const { clopperPearson: exact, wilson: score } = mnbnFrequency({ mnbnCells, bnCells });
  golden.near([exact.low, exact.high], `clopper_pearson ${mnbnCells}/${bnCells} per1000`);
  golden.near([score.low, score.high], `wilson ${mnbnCells}/${bnCells} per1000`);
});

test("exact Poisson intervals of micronuclei (scipy)", () => {
  golden.near(limits(garwood(17)), "garwood 17 events");
  golden.near(limits(garwood(0)), "garwood 0");
  golden.near(limits(garwood(100, 0.83)), "garwood 100 c=.83");
});

test("14 cells with 17 micronuclei in 1000 cells: 14 per 1000 cells, but 0.017 micronuclei per cell", () => {
  expect(mnbnFrequency({ mnbnCells: 14, bnCells: 1000 }).perThousand).toBe(14);
  const { perCell, poisson } = mnYield({ micronuclei: 17, bnCells: 1000 });
  expect(perCell).toBe(0.017);
  golden.near([poisson.low * 1000, poisson.high * 1000], "garwood 17 MN in 1000 per1000");
});

test("none of n has the closed upper limit 1 - (alpha/2)^(1/n), and n of n is its mirror image", () => {
  const none = clopperPearson(0, 50);
  expect(none.low).toBe(0);
  expect(none.high).toBeCloseTo(1 - 0.025 ** (1 / 50), 12);
  expect(clopperPearson(50, 50).low).toBeCloseTo(0.025 ** (1 / 50), 12);
  expect(clopperPearson(50, 50).high).toBe(1);
  expect(wilson(50, 50).high).toBe(1);
  expect(wilson(0, 50).low).toBe(0);
});

test("10^9 cells: the exact interval closes in on the normal one", () => {
  const half = 1.959963984540054 * Math.sqrt((0.014 * 0.986) / 1e9);
  const { low, high } = clopperPearson(14_000_000, 1_000_000_000);
  expect((0.014 - low) / half).toBeCloseTo(1, 3);
  expect((high - 0.014) / half).toBeCloseTo(1, 3);
  expect(garwood(1_000_000_000).high).toBeCloseTo(1e9 + 1.959963984540054 * Math.sqrt(1e9) + 1.947, 1);
});

test("more micronuclei than cells is a yield above 1, no mistake", () => {
  expect(mnYield({ micronuclei: 150, bnCells: 100 }).perCell).toBe(1.5);
});

test.each([
  ["COUNT_INVALID", () => mnbnFrequency({ mnbnCells: -1, bnCells: 10 })],
  ["COUNT_INVALID", () => mnbnFrequency({ mnbnCells: 1.5, bnCells: 10 })],
  ["COUNT_INVALID", () => mnYield({ micronuclei: Number.NaN, bnCells: 10 })],
  ["COUNT_INVALID", () => mnYield({ micronuclei: 1, bnCells: Number.POSITIVE_INFINITY })],
  ["COUNT_INVALID", () => garwood(1_000_000_001)],
  ["COUNT_ABOVE_TOTAL", () => mnbnFrequency({ mnbnCells: 11, bnCells: 10 })],
  ["NO_CELLS_COUNTED", () => mnbnFrequency({ mnbnCells: 0, bnCells: 0 })],
  ["NO_CELLS_COUNTED", () => mnYield({ micronuclei: 0, bnCells: 0 })],
  ["PROBABILITY_OUT_OF_RANGE", () => mnYield({ micronuclei: 1, bnCells: 10 }, 95)],
])("refuses with %s (%#)", (code, run) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});

/** Chance that the interval of the observed count holds the true value; by exact enumeration of the counts. */
function coverage(probabilities: readonly number[], interval: (count: number) => Interval, truth: number): number {
  return total(
    probabilities.map((probability, count) => {
      if (probability < 1e-12) return 0;
      const { low, high } = interval(count);
      return low <= truth && truth <= high ? probability : 0;
    }),
  );
}

test("coverage: the exact interval never falls below 95 %, the Wilson interval is right on average", () => {
  const cells = 200;
  const rates = Array.from({ length: 60 }, (_, i) => 0.0021 + 0.0049 * i);
  const exact = rates.map((p) => coverage(binomialProbabilities(cells, p), (x) => clopperPearson(x, cells), p));
  const score = rates.map((p) => coverage(binomialProbabilities(cells, p), (x) => wilson(x, cells), p));
  expect(Math.min(...exact)).toBeGreaterThanOrEqual(0.95);
  expect(Math.max(...exact)).toBeLessThan(0.9951);
  expect(total(score) / score.length).toBeGreaterThan(0.94);
  expect(total(score) / score.length).toBeLessThan(0.96);
});

test("coverage: the exact Poisson interval never falls below its level, at 95 % and at 83 %", () => {
  for (const level of [0.95, 0.83]) {
    const means = Array.from({ length: 60 }, (_, i) => 0.11 + 0.53 * i);
    const reached = means.map((mean) => coverage(poissonProbabilities(mean), (x) => garwood(x, level), mean));
    expect(Math.min(...reached)).toBeGreaterThanOrEqual(level);
    expect(total(reached.slice(20)) / 40).toBeLessThan(level + 0.05);
  }
});

function limits({ low, high }: Interval): number[] {
  return [low, high];
}
