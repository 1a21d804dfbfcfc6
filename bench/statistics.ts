/** The middle of the values, the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const rising = values.toSorted((one, other) => one - other);
  const middle = Math.floor(rising.length / 2);
  const upper = rising[middle] ?? Number.NaN;
  return rising.length % 2 === 1 ? upper : ((rising[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that a share of the values does not exceed; 1 gives the greatest. */
export function percentile(values: readonly number[], share: number): number {
  const rising = values.toSorted((one, other) => one - other);
  return rising[Math.max(0, Math.ceil(share * rising.length) - 1)] ?? Number.NaN;
}

/** "12.3 (11.9 to 14.0)": median, least and greatest. */
export function spread(values: readonly number[], digits = 2): string {
  const text = (value: number) => value.toFixed(digits);
  return `${text(median(values))} (${text(Math.min(...values))} to ${text(Math.max(...values))})`;
}

/** Largest memory that this process has had, megabytes. */
export function peakMemoryMegabytes(): number {
  return process.resourceUsage().maxRSS / 1024;
}
