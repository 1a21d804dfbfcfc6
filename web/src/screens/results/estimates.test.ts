import { expect, test } from "vitest";
import { estimateText } from "./estimates.ts";

test("a wide interval has one decimal, a narrow one two", () => {
  expect(estimateText({ value: 18.19, low: 14.02, high: 23.14 })).toBe("18.2 (14.0 to 23.1)");
  expect(estimateText({ value: 1.234, low: 0.5, high: 2 })).toBe("1.23 (0.50 to 2.00)");
});
