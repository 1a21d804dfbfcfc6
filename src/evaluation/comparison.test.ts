import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { compareRankings, discordantPairs, mcnemarExact } from "./comparison.ts";

test("McNemar on 10 and 5 discordant pairs: p = 0.301758 (SciPy, binomial test)", () => {
  expect(mcnemarExact(10, 5)).toBeCloseTo(0.30175781249999994, 13);
  expect(mcnemarExact(5, 10)).toBeCloseTo(0.30175781249999994, 13);
});

test("McNemar by hand: 0 of 3 is 2/8; equal counts and no pairs are 1", () => {
  expect(mcnemarExact(0, 3)).toBeCloseTo(0.25, 14);
  expect(mcnemarExact(4, 4)).toBe(1);
  expect(mcnemarExact(0, 0)).toBe(1);
});

test("McNemar with thousands of pairs does not underflow: near the corrected normal limit, z = (400 - 1) / 100", () => {
  expect(mcnemarExact(4800, 5200) / 6.60732952588049e-5).toBeCloseTo(1, 1);
});

test("discordant pairs are those that exactly one prediction got right", () => {
  const labels = [true, true, false, false, true];
  const first = [true, true, false, true, false];
  const second = [true, false, true, true, true];
  expect(discordantPairs(first, second, labels)).toEqual({ onlyFirstRight: 2, onlySecondRight: 1 });
});

function drawnCells(): { good: number[]; poor: number[]; positives: boolean[]; fields: string[] } {
  const stream = new RandomStream("two scores");
  const positives = Array.from({ length: 600 }, (_, cell) => cell % 5 === 0);
  return {
    positives,
    good: positives.map((positive) => stream.normal(positive ? 2.5 : 0)),
    poor: positives.map((positive) => stream.normal(positive ? 1 : 0)),
    fields: positives.map((_, cell) => `field ${cell % 40}`),
  };
}

test("a clearly better score wins: the interval of the difference is above 0 and DeLong's p is small", () => {
  const { good, poor, positives } = drawnCells();
  const result = compareRankings({ first: good, second: poor, positives, stream: new RandomStream(1), resamples: 500 });
  expect(result.auc.difference_ci95?.[0]).toBeGreaterThan(0);
  expect(result.delong?.difference).toBeCloseTo(result.auc.difference, 12);
  expect(result.delong?.pValue).toBeLessThan(1e-6);
});

test("a score compared with itself differs by exactly 0", () => {
  const { good, positives } = drawnCells();
  const result = compareRankings({ first: good, second: good, positives, stream: new RandomStream(1), resamples: 100 });
  expect(result.auc).toEqual({ difference: 0, difference_ci95: [0, 0] });
  expect(result.ap).toEqual({ difference: 0, difference_ci95: [0, 0] });
});

test("with fields the comparison is over fields and leaves DeLong out", () => {
  const { good, poor, positives, fields } = drawnCells();
  const stream = new RandomStream(1);
  const result = compareRankings({ first: good, second: poor, positives, groups: fields, stream, resamples: 200 });
  expect(result).toMatchObject({ unit: "group", units: 40, delong: null });
});
