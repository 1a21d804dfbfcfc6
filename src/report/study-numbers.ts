import type { Interval } from "../assay/frequency.ts";
import { NO_VALUE } from "./numbers.ts";

/** Cells per 1000: 14.0, 571, 0.52; three digits, none of them lost before the point. */
export function formatPerThousand(perThousand: number | null): string {
  if (perThousand === null) return NO_VALUE;
  return perThousand >= 100 ? perThousand.toFixed(0) : perThousand.toFixed(perThousand >= 10 ? 1 : 2);
}

/** "7.67–23.4", in the same digits as `formatPerThousand`. */
export function formatRange(interval: Interval | null): string {
  return interval === null ? NO_VALUE : `${formatPerThousand(interval.low)}–${formatPerThousand(interval.high)}`;
}

/** A dose to two decimals: 2.66 Gy. */
export function formatDose(gray: number): string {
  return `${gray.toFixed(2)} Gy`;
}

/** "2.11–3.22 Gy", or "from 2.11 Gy, no upper limit". */
export function formatDoseRange(low: number, high: number | null): string {
  return high === null ? `from ${formatDose(low)}, no upper limit` : `${low.toFixed(2)}–${formatDose(high)}`;
}

/** Up to four significant digits without exponent, a dash for nothing. */
export function formatPlain(value: number | null): string {
  if (value === null) return NO_VALUE;
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toLocaleString("en-US", { maximumSignificantDigits: 4 }).replace("-", "−");
}

/** Three decimals: 1.824; a dash for nothing. */
export function formatFixed(value: number | null): string {
  return value === null
    ? NO_VALUE
    : value
        .toFixed(3)
        .replace(/^-0\.000$/, "0.000")
        .replace("-", "−");
}

/** "2026-03-04 12:00 UTC" from ISO 8601. */
export function formatTime(iso: string): string {
  return `${iso.slice(0, 16).replace("T", " ")} UTC`;
}
