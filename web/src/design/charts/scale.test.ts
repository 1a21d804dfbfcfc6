import { expect, test } from "vitest";
import { linearScale, roundDomain, roundTicks, tickDecimals } from "./scale.ts";

test("a scale maps the ends of the domain to the ends of the range, and its middle to the middle", () => {
  const scale = linearScale([10, 20], [100, 0]);
  expect([10, 15, 20].map(scale)).toEqual([100, 50, 0]);
});

test("a domain of no length maps to the middle, not to NaN", () => {
  expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
});

test("ticks are round numbers inside the span", () => {
  expect(roundTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(roundTicks(3, 47, 5)).toEqual([10, 20, 30, 40]);
  expect(roundTicks(0, 0.035, 4)).toEqual([0, 0.01, 0.02, 0.03]);
});

test("equal ends have one tick", () => {
  expect(roundTicks(4, 4, 5)).toEqual([4]);
});

test("a domain is widened to round ends", () => {
  expect(roundDomain([0.13, 0.87], 5, 0.1)).toEqual([0, 1]);
  expect(roundDomain([0, 13.2, 27], 5)).toEqual([0, 30]);
});

test("a domain of one value has a length", () => {
  expect(roundDomain([0], 5)).toEqual([0, 1]);
});

test("ticks are written with as many decimals as tell them apart", () => {
  expect(tickDecimals([0, 10, 20])).toBe(0);
  expect(tickDecimals([0, 0.2, 0.4])).toBe(1);
  expect(tickDecimals([0, 0.05])).toBe(2);
});
