import fc from "fast-check";
import { expect, test } from "vitest";
import { RandomStream } from "./random.ts";

const DRAWS = 100_000;
const draw = (stream: RandomStream, count: number): number[] => Array.from({ length: count }, () => stream.uniform());
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const center = mean(values);
  return mean(values.map((value) => (value - center) ** 2));
};

test("the stream never changes: first values as a second implementation, written in Python, gives them", () => {
  expect(draw(new RandomStream(1), 3)).toEqual([0.22969154450717633, 0.14574755958359698, 0.19883433446383103]);
  expect(draw(new RandomStream(1).fork("cells"), 2)).toEqual([0.4504948517901789, 0.2576009551987162]);
  expect(draw(new RandomStream("micronuclei"), 2)).toEqual([0.07652732355226943, 0.5883257151485666]);
});

test("a number and its text are the same seed", () => {
  expect(draw(new RandomStream(7), 5)).toEqual(draw(new RandomStream("7"), 5));
});

test("a fork does not depend on what its parent drew, nor the parent on its forks", () => {
  const untouched = new RandomStream(3);
  const busy = new RandomStream(3);
  draw(busy, 100);
  const fork = busy.fork("elastic");
  expect(draw(fork, 5)).toEqual(draw(untouched.fork("elastic"), 5));
  draw(untouched, 100);
  expect(draw(busy, 5)).toEqual(draw(untouched, 5));
});

test("forks of different names, and their parent, are not correlated (within 5 standard errors)", () => {
  const parent = new RandomStream(3);
  const streams = [parent.fork(0), parent.fork(1), parent.fork("0/1"), parent].map((stream) => draw(stream, DRAWS));
  for (const [index, a] of streams.entries()) {
    for (const b of streams.slice(index + 1)) {
      const covariance = mean(a.map((value, at) => (value - 0.5) * ((b[at] ?? 0) - 0.5)));
      expect(Math.abs(covariance * 12)).toBeLessThan(5 / Math.sqrt(DRAWS));
    }
  }
});

test("uniform has mean 1/2 and variance 1/12 (within 5 standard errors) and stays in [0, 1)", () => {
  const values = draw(new RandomStream("uniform"), DRAWS);
  expect(Math.abs(mean(values) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / DRAWS));
  expect(Math.abs(variance(values) - 1 / 12)).toBeLessThan(5 * Math.sqrt((1 / 80 - 1 / 144) / DRAWS));
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
});

test("uniform(low, high) stretches the same draw to the range", () => {
  const [unit, stretched] = [new RandomStream(5), new RandomStream(5)];
  for (let index = 0; index < 10; index++) expect(stretched.uniform(-2, 6)).toBeCloseTo(unit.uniform() * 8 - 2, 12);
});

test("normal has the asked mean and variance (within 5 standard errors), and 68.27 % within one deviation", () => {
  const stream = new RandomStream("normal");
  const values = Array.from({ length: DRAWS }, () => stream.normal(10, 3));
  expect(Math.abs(mean(values) - 10)).toBeLessThan((5 * 3) / Math.sqrt(DRAWS));
  expect(Math.abs(variance(values) / 9 - 1)).toBeLessThan(5 * Math.sqrt(2 / DRAWS));
  const within = values.filter((value) => Math.abs(value - 10) < 3).length / DRAWS;
  expect(Math.abs(within - 0.6827)).toBeLessThan(5 * Math.sqrt((0.6827 * 0.3173) / DRAWS));
});

test("integer(6) is fair: chi-squared below 20.5, the 0.999 quantile for 5 degrees of freedom", () => {
  const stream = new RandomStream("die");
  const counts = [0, 0, 0, 0, 0, 0];
  for (let throws = 0; throws < 60_000; throws++) counts[stream.integer(6)]!++;
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquared).toBeLessThan(20.5);
});

test.each([0, -1, 1.5, Number.NaN])("integer(%d) is a programmer's mistake", (count) => {
  expect(() => new RandomStream(1).integer(count)).toThrow("at least 1");
});

test("chance(0) is never, chance(1) always, chance(0.3) three times in ten (within 5 standard errors)", () => {
  const stream = new RandomStream("chance");
  const share = (probability: number): number =>
    Array.from({ length: DRAWS }, () => stream.chance(probability)).filter(Boolean).length / DRAWS;
  expect(share(0)).toBe(0);
  expect(share(1)).toBe(1);
  expect(Math.abs(share(0.3) - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / DRAWS));
});

test("shuffle returns a permutation and leaves its argument alone", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items];
      const shuffled = new RandomStream(seed).shuffle(items);
      expect(items).toEqual(before);
      expect(shuffled.toSorted((a, b) => a - b)).toEqual(before.toSorted((a, b) => a - b));
    }),
  );
});

test("shuffle is fair: each of the 6 orders of three items comes equally often (chi-squared below 20.5)", () => {
  const stream = new RandomStream("shuffle");
  const counts = new Map<string, number>();
  for (let round = 0; round < 60_000; round++) {
    const order = stream.shuffle(["a", "b", "c"]).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  expect([...counts.values()].reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(20.5);
});

test("a stream restored from its state, even through JSON, goes on with the same numbers", () => {
  const stream = new RandomStream("checkpoint");
  draw(stream, 17);
  const state = JSON.parse(JSON.stringify(stream.state));
  const expected = draw(stream, 20);
  const resumed = new RandomStream("another");
  resumed.restore(state);
  expect(draw(resumed, 20)).toEqual(expected);
});
