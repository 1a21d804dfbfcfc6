import { expect, test } from "vitest";
import { intervalInWords, inWords, percentInWords, pValueInWords } from "./wording.ts";

test("numbers are written with four significant digits and without exponents", () => {
  expect([14, 1826, 23.378156, 0.00001234567, 1_000_000_000].map(inWords)).toEqual([
    "14",
    "1,826",
    "23.38",
    "0.00001235",
    "1,000,000,000",
  ]);
  expect(intervalInWords({ low: 7.6745016, high: 23.378156 })).toBe("7.675 to 23.38");
  expect(percentInWords(0.95)).toBe("95 %");
});

test("p-values keep three digits, two when small, and never become 0", () => {
  expect([0.3500660004, 0.0320221, 0.00009037, 1e-9, 1].map(pValueInWords)).toEqual([
    "0.35",
    "0.032",
    "0.00009",
    "less than 0.000001",
    "1",
  ]);
});
