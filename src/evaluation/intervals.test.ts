import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { bootstrapIntervals, quantileOfSorted, resamplingUnits } from "./intervals.ts";

const meanOf =
  (values: readonly number[]) =>
  (weights: Float64Array): { mean: number } => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { mean: values.reduce((sum, value, cell) => sum + value * (weights[cell] as number), 0) / total };
  };

test("quantiles are linear between neighbours (NumPy's default: 1, 2, 3, 4 at 0.25 is 1.75)", () => {
  expect(quantileOfSorted([1, 2, 3, 4], 0.25)).toBeCloseTo(1.75, 14);
  expect(quantileOfSorted([1, 2, 3, 4], 1)).toBe(4);
  expect(quantileOfSorted([7], 0.975)).toBe(7);
});

test("the interval of a mean is about 1.96 standard errors to each side", () => {
  const stream = new RandomStream("values");
  const values = Array.from({ length: 400 }, () => stream.normal(10, 2));
  const { intervals } = bootstrapIntervals({
    units: resamplingUnits(values.length),
    resamples: 2000,
    stream: new RandomStream(1),
    measure: meanOf(values),
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / 400;
  const standardError = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400 / 400);
  const [low, high] = intervals.mean ?? [0, 0];
  expect((mean - low) / standardError).toBeCloseTo(1.96, 0);
  expect((high - mean) / standardError).toBeCloseTo(1.96, 0);
});

test("cells that are copies within 20 fields are as uncertain as 20 cells, not as 2,000", () => {
  const stream = new RandomStream("fields");
  const ofField = Array.from({ length: 20 }, () => stream.normal());
  const cells = Array.from({ length: 2000 }, (_, cell) => cell % 20);
  const width = (values: number[], groups?: string[]): number => {
    const units = resamplingUnits(values.length, groups);
    const { intervals } = bootstrapIntervals({
      units,
      resamples: 1000,
      stream: new RandomStream(2),
      measure: meanOf(values),
    });
    return (intervals.mean?.[1] ?? 0) - (intervals.mean?.[0] ?? 0);
  };
  const values = cells.map((field) => ofField[field] as number);
  const grouped = width(values, cells.map(String));
  expect(grouped / width(ofField)).toBeCloseTo(1, 6);
  expect(grouped / width(values)).toBeGreaterThan(8);
});

test("a whole field comes or stays away: its cells always have the same weight", () => {
  const groups = ["a", "a", "b", "c", "b"];
  bootstrapIntervals({
    units: resamplingUnits(5, groups),
    resamples: 50,
    stream: new RandomStream(3),
    measure: (weights) => {
      expect([weights[0], weights[2]]).toEqual([weights[1], weights[4]]);
      expect((weights[0] as number) + (weights[2] as number) + (weights[3] as number)).toBe(3);
      return { nothing: null };
    },
  });
});

test("cells without a group are units of their own; no group at all means single cells", () => {
  expect(resamplingUnits(4, ["a", null, "a", null])).toMatchObject({ unit: "group", count: 3 });
  expect(resamplingUnits(3, [null, null, null])).toMatchObject({ unit: "cell", count: 3 });
});

test("one unit gives no interval, and says so", () => {
  const outcome = bootstrapIntervals({
    units: resamplingUnits(3, ["only", "only", "only"]),
    resamples: 100,
    stream: new RandomStream(4),
    measure: meanOf([1, 2, 3]),
  });
  expect(outcome.intervals.mean).toBeNull();
  expect(outcome.reasons.mean).toContain("only one group");
});

test("a metric that many resamples leave undefined has no interval, and the reason counts them", () => {
  const outcome = bootstrapIntervals({
    units: resamplingUnits(2),
    resamples: 1000,
    stream: new RandomStream(5),
    // Undefined unless the first cell is drawn: probability 1/4.
    measure: (weights) => ({ share: weights[0] === 0 ? null : 1 }),
  });
  expect(outcome.intervals.share).toBeNull();
  expect(outcome.reasons.share).toMatch(/undefined in 2\d\d of 1000 resamples/);
});
