import type { Estimate } from "../../../../src/server/api/results.ts";
import { decimalText } from "../../design/numbers.ts";

/** "18.2 (14.0 to 23.1)": as many decimals as the interval's width makes sense of. */
export function estimateText(estimate: Estimate): string {
  return `${valueText(estimate)} (${intervalText(estimate)})`;
}

export function valueText(estimate: Estimate): string {
  return decimalText(estimate.value, decimals(estimate));
}

export function intervalText(estimate: Estimate): string {
  const digits = decimals(estimate);
  return `${decimalText(estimate.low, digits)} to ${decimalText(estimate.high, digits)}`;
}

/** One decimal from a width of 2 on, two below it: a digit more than the interval leaves certain. */
function decimals({ low, high }: Estimate): number {
  return high - low >= 2 ? 1 : 2;
}
