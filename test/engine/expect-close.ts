import { expect } from "vitest";

/** Expects every number within `tolerance` times the greatest expected magnitude (or times 1 where all are 0). */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = "numbers",
): void {
  expect(actual.length, `count of ${what}`).toBe(expected.length);
  let scale = 0;
  for (let index = 0; index < expected.length; index++) scale = Math.max(scale, Math.abs(expected[index] as number));
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs((actual[index] as number) - (expected[index] as number));
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  expect(worst / (scale === 0 ? 1 : scale), `relative error of ${what}`).toBeLessThanOrEqual(tolerance);
}
