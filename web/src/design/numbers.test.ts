import { expect, test } from "vitest";
import { bytesText, countOf, decimalText, durationText, percentText, pValueText } from "./numbers.ts";

test("durations are rounded to what one would say", () => {
  expect([0.2, 59, 60, 3_590, 3_600, 4_800].map(durationText)).toEqual([
    "1 s",
    "59 s",
    "1 min",
    "1 h",
    "1 h",
    "1 h 20 min",
  ]);
});

test("bytes are counted in powers of 1,000", () => {
  expect([0, 999, 1_000, 3_400_000, 21_500_000_000].map(bytesText)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "3.4 MB",
    "21.5 GB",
  ]);
});

test("a minus is as long as a plus, and zero has none", () => {
  expect([-0.3, -0.001, 0].map((value) => decimalText(value, 2))).toEqual(["\u22120.30", "0.00", "0.00"]);
});

test("a share is a percentage with one decimal", () => {
  expect(percentText(0.9423)).toBe("94.2\u00a0%");
});

test("a p value below a thousandth is not written as zero", () => {
  expect([0.0004, 0.0231].map(pValueText)).toEqual(["p\u00a0<\u00a00.001", "p\u00a0=\u00a00.023"]);
});

test("one is singular and thousands are separated", () => {
  expect([countOf(1, "cell"), countOf(0, "cell"), countOf(12_345, "cell")]).toEqual([
    "1 cell",
    "0 cells",
    "12,345 cells",
  ]);
});
