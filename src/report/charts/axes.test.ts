import fc from "fast-check";
import { expect, test } from "vitest";
import { domainFromZero, linePath, plotFrame, roundTicks } from "./axes.ts";

test("marks are round numbers inside the domain (by hand)", () => {
  expect(roundTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(roundTicks(1, 60, 6)).toEqual([10, 20, 30, 40, 50, 60]);
  expect(roundTicks(0.72, 0.995)).toEqual([0.8, 0.9]);
  expect(roundTicks(-2, 5)).toEqual([-2, 0, 2, 4]);
});

test("a domain from zero ends on the first round mark that nothing exceeds", () => {
  expect(domainFromZero([3, 26])).toEqual([0, 30]);
  expect(domainFromZero([698])).toEqual([0, 800]);
  expect(domainFromZero([])).toEqual([0, 1]);
});

test("marks lie inside, evenly spaced, and are few", () => {
  const span = fc.tuple(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(span, ([low, width]) => {
      const ticks = roundTicks(low, low + width);
      expect(ticks.length).toBeLessThanOrEqual(7);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(low - width * 1e-6);
        expect(tick).toBeLessThanOrEqual(low + width * (1 + 1e-6));
      }
    }),
  );
});

test("y grows upwards, and the logarithmic axis puts equal ratios at equal distances", () => {
  const { x, y } = plotFrame(
    { domain: [0, 10], label: "x" },
    { domain: [0.001, 1], label: "y", logarithmic: true },
    { width: 200, left: 50, right: 50, top: 0, bottom: 300 },
  );
  expect([x(0), x(5), x(10)]).toEqual([50, 100, 150]);
  expect(y(0.001)).toBeCloseTo(300, 10);
  expect(y(0.01)).toBeCloseTo(200, 10);
  expect(y(1)).toBeCloseTo(0, 10);
});

test("a missing value breaks a line", () => {
  expect(linePath([[0, 1], [1, 2], null, [3, 4]])).toBe("M0.0 1.0L1.0 2.0M3.0 4.0");
});
