import { expect, test } from "vitest";
import {
  formatCount,
  formatInterval,
  formatMetric,
  formatPercent,
  formatSignificant,
  formatWithInterval,
} from "./numbers.ts";

test("a metric has three decimals, and is 1 or 0 only where it is exactly that", () => {
  expect([0.9623, 1, 0.99961, 0, 0.0001].map(formatMetric)).toEqual(["0.962", "1.000", ">0.999", "0.000", "<0.001"]);
  expect([-0.25, -0.0005, -0.0004, -1e-9].map(formatMetric)).toEqual(["−0.250", "−0.001", ">−0.001", ">−0.001"]);
  expect(formatMetric(null)).toBe("–");
});

test("an interval stands in brackets behind its value; none is made up", () => {
  expect(formatWithInterval(0.9623, [0.9561, 0.9672])).toBe("0.962 (0.956–0.967)");
  expect(formatWithInterval(0.9623, null)).toBe("0.962");
  expect(formatInterval([-0.1, 0.2])).toBe("−0.100 to 0.200");
});

test("an interval without width does not look like certainty", () => {
  expect(formatWithInterval(1, [1, 1])).toBe("1.000 (no spread)");
});

test("counts, percentages and thresholds", () => {
  expect(formatCount(11145)).toBe("11,145");
  expect(formatPercent(0.0651)).toBe("6.5 %");
  expect([0.5, 0.42137, 0.000123, 12345].map(formatSignificant)).toEqual(["0.5", "0.421", "0.000123", "12300"]);
});
