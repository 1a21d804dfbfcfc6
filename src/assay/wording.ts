import type { Interval } from "./frequency.ts";

/** A number for reading: four significant digits, no exponent, thousands with commas. */
export function inWords(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 });
}

/** A p-value for reading: "0.0321", "0.000090", "less than 0.000001". */
export function pValueInWords(p: number): string {
  if (p < 1e-6) return "less than 0.000001";
  return p.toLocaleString("en-US", { maximumSignificantDigits: p < 0.001 ? 2 : 3 });
}

/** "7.675 to 23.38". */
export function intervalInWords({ low, high }: Interval): string {
  return `${inWords(low)} to ${inWords(high)}`;
}

/** "95 %". */
export function percentInWords(share: number): string {
  return `${inWords(100 * share)} %`;
}
