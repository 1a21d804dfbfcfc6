import { readFileSync } from "node:fs";
import { expect } from "vitest";

const reference: Record<string, unknown> = JSON.parse(
  readFileSync(new URL("../golden/statistics/statistics.json", import.meta.url), "utf8"),
);

/** Reference numbers of scipy and statsmodels; test/golden/statistics/README.md. */
export const golden = {
  /** The reference itself. */
  get<T = number[]>(key: string): T {
    if (!(key in reference)) throw new Error(`No reference number "${key}".`);
    return reference[key] as T;
  },
  /** Every value within 1e-6 of the reference, relative to it; a stored 2e-16 counts as the 0 that it means. */
  near(values: readonly (number | null | undefined)[], key: string): void {
    const expected = golden.get<number | number[]>(key);
    nearAll(values, [expected].flat(3) as number[]);
  },
};

/** Each value within 1e-6 of the expected one, relative to it. */
export function nearAll(values: readonly (number | null | undefined)[], expected: readonly number[]): void {
  expect(values.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs((values[index] ?? Number.NaN) - value);
    expect(difference, `value ${index}: ${values[index]} instead of ${value}`).toBeLessThanOrEqual(
      1e-6 * Math.abs(value) + 1e-15,
    );
  }
}
