import type { Estimate } from "../../../../src/server/api/results.ts";
import { decimalText } from "../../design/numbers.ts";

/** Decimals of a column: those that its intervals leave some meaning to. */
export const FREQUENCY_DECIMALS = 1;
export const DOSE_DECIMALS = 2;
export const AGREEMENT_DECIMALS = 2;

/** "14.0 to 23.1" */
export function intervalText({ low, high }: Estimate, decimals: number): string {
  return `${decimalText(low, decimals)} to ${decimalText(high, decimals)}`;
}
