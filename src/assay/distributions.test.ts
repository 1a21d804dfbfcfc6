import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binomial, hypergeometric, poisson, tailsOf } from "./discrete-tails.ts";
import { clopperPearson } from "./frequency.ts";
import { chiSquaredUpperTail, gammaQuantile, gammaTails, logFactorial } from "./gamma-distribution.ts";
import { normalQuantile, normalUpperTail } from "./normal.ts";

type Reference = [name: string, args: [number, number, number], value: number];

const references: Reference[] = JSON.parse(
  readFileSync(new URL("../../test/golden/statistics/distributions.json", import.meta.url), "utf8"),
);
const functions: Record<string, (a: number, b: number, c: number) => number> = {
  gammaLower: (shape, x) => gammaTails(shape, x).lower,
  gammaUpper: (shape, x) => gammaTails(shape, x).upper,
  gammaQuantile,
  clopperPearsonLow: (x, n, level) => clopperPearson(x, n, level).low,
  clopperPearsonHigh: (x, n, level) => clopperPearson(x, n, level).high,
};

test.each(references)("%s(%j) agrees with 40-digit arithmetic to 1e-8", (name, args, value) => {
  expect(Math.abs((functions[name]?.(...args) ?? Number.NaN) / value - 1)).toBeLessThan(1e-8);
});

test("the incomplete gamma function has no step at x = 1000, where the method changes", () => {
  for (const shape of [400, 900, 1000, 1100]) {
    const below = gammaTails(shape, 1000).lower;
    const above = gammaTails(shape, 1000 + 1e-9).lower;
    expect(Math.abs(above - below)).toBeLessThan(1e-10);
  }
});

test("normal tails keep their relative precision: P(Z > 20) is 2.7536e-89", () => {
  expect(normalUpperTail(20) / 2.753624118606233e-89).toBeCloseTo(1, 10);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
});

test("chi-squared with two degrees of freedom is exponential: P(X > x) = e^(-x/2)", () => {
  for (const x of [0, 0.5, 7, 60]) expect(chiSquaredUpperTail(x, 2)).toBeCloseTo(Math.exp(-x / 2), 12);
});

test("log factorial: ln 10! = ln 3628800, ln 0! = 0", () => {
  expect(logFactorial(10)).toBeCloseTo(Math.log(3628800), 12);
  expect(logFactorial(0)).toBe(0);
});

describe("exact tails of discrete distributions", () => {
  test("binomial of 4 with one half: 1, 4, 6, 4, 1 sixteenths", () => {
    expect(tailsOf(binomial(4, 0.5), 1)).toEqual({ atMost: 5 / 16, atLeast: 15 / 16, twoSided: 10 / 16 });
    expect(tailsOf(binomial(4, 0.5), 4)).toEqual({ atMost: 1, atLeast: 1 / 16, twoSided: 2 / 16 });
    expect(tailsOf(binomial(0, 0.5), 0)).toEqual({ atMost: 1, atLeast: 1, twoSided: 1 });
  });

  test("hypergeometric: 2 marked among 3 drawn of 5, of which 2 are marked, has probability 3/10", () => {
    expect(tailsOf(hypergeometric(3, 2, 5), 2).atLeast).toBeCloseTo(0.3, 14);
    expect(tailsOf(hypergeometric(3, 2, 5), 0).atMost).toBeCloseTo(0.1, 14);
  });

  test("Poisson with mean 2: P(K <= 1) = 3 e^-2; with mean 0 all is at 0", () => {
    expect(tailsOf(poisson(2), 1).atMost).toBeCloseTo(3 * Math.exp(-2), 14);
    expect(tailsOf(poisson(0), 0)).toEqual({ atMost: 1, atLeast: 1, twoSided: 1 });
    expect(tailsOf(poisson(0), 1).atLeast).toBe(0);
  });

  test("an outcome beyond any probability has p-value 0, not NaN", () => {
    expect(tailsOf(poisson(10), 5000)).toEqual({ atLeast: 0, atMost: 1, twoSided: 0 });
    expect(tailsOf(binomial(1_000_000_000, 0.5), 0)).toEqual({ atLeast: 1, atMost: 0, twoSided: 0 });
  });

  test("property: the Poisson tail equals the gamma function's, P(K >= k; m) = P(k, m)", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0.01, max: 3000, noNaN: true }), (k, mean) => {
        const expected = gammaTails(k, mean).lower;
        fc.pre(expected > 1e-250);
        expect(Math.abs(tailsOf(poisson(mean), k).atLeast / expected - 1)).toBeLessThan(1e-9);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
