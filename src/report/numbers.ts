import type { Interval } from "../evaluation/intervals.ts";

/** Shown where a value is undefined; the reason stands beside it. */
export const NO_VALUE = "–";

/** Made once: a report of a thousand groups formats thousands of counts. */
const COUNTS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A count with thousands separated: 11,145. */
export function formatCount(count: number): string {
  return COUNTS.format(count);
}

/**
 * A share, an area, or a difference of two, to three decimals: 0.962. What only rounds to 1 or 0 is not shown as such:
 * >0.999, <0.001, >−0.001.
 * Undefined (null) is a dash.
 */
export function formatMetric(value: number | null): string {
  if (value === null) return NO_VALUE;
  if (value > 0.9995 && value < 1) return ">0.999";
  if (value > 0 && value < 0.0005) return "<0.001";
  if (value < 0 && value > -0.0005) return ">−0.001";
  return value.toFixed(3).replace("-", "−");
}

/**
 * "0.956–0.967", or nothing where there is no interval; "no spread" where both ends are equal, because "1.000–1.000" would
 * look like certainty. A negative bound is set apart by "to".
 */
export function formatInterval(interval: Interval | null): string {
  if (interval === null) return "";
  const [low, high] = interval;
  if (low === high) return "no spread";
  return `${formatMetric(low)}${low < 0 || high < 0 ? " to " : "–"}${formatMetric(high)}`;
}

/** "0.962 (0.956–0.967)". */
export function formatWithInterval(value: number | null, interval: Interval | null): string {
  return interval === null ? formatMetric(value) : `${formatMetric(value)} (${formatInterval(interval)})`;
}

/** A share as percent with one decimal: 6.5 %. */
export function formatPercent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A threshold, rate or loss to three significant digits without trailing zeros: 0.421, 0.5, 0.00012. */
export function formatSignificant(value: number | null): string {
  if (value === null) return NO_VALUE;
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
