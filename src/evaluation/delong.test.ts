import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { delongStandardError, pairedDelongTest } from "./delong.ts";

const LABELS = [..."1011001001"].map((label) => label === "1");
const PROBABILITIES = [0.95, 0.1, 0.8, 0.55, 0.45, 0.2, 0.7, 0.6, 0.05, 0.35];

test("the DeLong standard error of the worked example is 0.1131370849898476 (Python, from the published formula)", () => {
  expect(delongStandardError(PROBABILITIES, LABELS)).toBeCloseTo(0.1131370849898476, 14);
});

test("by hand: two positives placed 1 and 1/2 over two negatives placed 1 and 1/2", () => {
  // Pairs: (0.9 > 0.7), (0.9 > 0.1), (0.4 < 0.7), (0.4 > 0.1). Each class has sample variance 1/8, divided by 2.
  expect(delongStandardError([0.9, 0.4, 0.7, 0.1], [true, true, false, false])).toBeCloseTo(Math.sqrt(1 / 8), 14);
});

test("fewer than two cells of a class have no DeLong variance", () => {
  expect(() => delongStandardError([0.9, 0.1, 0.2], [true, false, false])).toThrow(
    expect.objectContaining({ code: "TOO_FEW_CELLS" }),
  );
});

test("scores that rank alike do not differ: p = 1", () => {
  const tenfold = PROBABILITIES.map((probability) => 10 * probability);
  expect(pairedDelongTest(PROBABILITIES, tenfold, LABELS)).toMatchObject({
    difference: 0,
    standardError: 0,
    pValue: 1,
  });
});

test("the variance of a difference is Var(A) + Var(B) - 2 Cov(A, B), by the pairwise definition", () => {
  // Ties within and across the classes.
  const other = [0.5, 0.4, 0.4, 0.8, 0.3, 0.4, 0.7, 0.1, 0.6, 0.3];
  const positiveCells = [...LABELS.keys()].filter((cell) => LABELS[cell]);
  const negativeCells = [...LABELS.keys()].filter((cell) => !LABELS[cell]);
  const wins = (scores: number[], positive: number, negative: number): number =>
    (Math.sign((scores[positive] as number) - (scores[negative] as number)) + 1) / 2;
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = (a: number[], b: number[]): number =>
    (mean(a.map((value, index) => value * (b[index] as number))) - mean(a) * mean(b)) * (a.length / (a.length - 1));
  const ofPositives = (scores: number[]) =>
    positiveCells.map((p) => mean(negativeCells.map((n) => wins(scores, p, n))));
  const ofNegatives = (scores: number[]) =>
    negativeCells.map((n) => mean(positiveCells.map((p) => wins(scores, p, n))));
  const areaCovariance = (a: number[], b: number[]): number =>
    covariance(ofPositives(a), ofPositives(b)) / positiveCells.length +
    covariance(ofNegatives(a), ofNegatives(b)) / negativeCells.length;
  const expected =
    areaCovariance(PROBABILITIES, PROBABILITIES) +
    areaCovariance(other, other) -
    2 * areaCovariance(PROBABILITIES, other);

  const { standardError, pValue, difference } = pairedDelongTest(PROBABILITIES, other, LABELS);
  expect(standardError).toBeCloseTo(Math.sqrt(expected), 12);
  expect(pValue).toBeCloseTo(2 * normalCdf(-Math.abs(difference) / Math.sqrt(expected), 0, 1), 12);
});

test("a perfect and an inverted score differ without variance: refused, not called certain", () => {
  const labels = [true, true, false, false];
  expect(() => pairedDelongTest([4, 3, 2, 1], [1, 2, 3, 4], labels)).toThrow(
    expect.objectContaining({ code: "DELONG_NO_VARIANCE" }),
  );
});

test("under no difference about 5 % of the p-values lie below 0.05", () => {
  const stream = new RandomStream("DeLong size");
  const labels = Array.from({ length: 80 }, (_, cell) => cell < 30);
  const noisy = (): number[] => labels.map((positive) => stream.normal(positive ? 1 : 0, 1.5));
  const rejected = Array.from({ length: 400 }, () => pairedDelongTest(noisy(), noisy(), labels).pValue < 0.05);
  const share = rejected.filter(Boolean).length / rejected.length;
  // Four standard errors of a share of 0.05 in 400 draws.
  expect(Math.abs(share - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / 400));
});
