/** A number of the data to a length of the drawing, along a straight line: `domain` ends at `range`. */
export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
}

/** A domain of no length maps everything to the middle of the range. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [from, to] = domain;
  const [start, end] = range;
  const scale = (value: number) =>
    to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start);
  return Object.assign(scale, { domain, range });
}

/**
 * Round numbers from at or above `low` to at or below `high`, in steps of 1, 2 or 5 times a power of ten: as near to `count`
 * of them as such steps allow.
 */
export function roundTicks(low: number, high: number, count: number): number[] {
  const step = roundStep(high - low, count);
  if (step === 0) return [low];
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step));
}

/** The smallest domain with round ends that holds all values. `least` keeps a domain of equal values from having no length. */
export function roundDomain(values: readonly number[], count: number, least = 1): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values, low + least);
  const step = roundStep(high - low, count);
  return [rounded(Math.floor(low / step + 1e-9) * step), rounded(Math.ceil(high / step - 1e-9) * step)];
}

/** How many decimals tell the ticks apart. */
export function tickDecimals(ticks: readonly number[]): number {
  const step = Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0));
  return step === 0 || step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step) - 1e-9));
}

function roundStep(span: number, count: number): number {
  if (!(span > 0)) return 0;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const multiple = [1, 2, 5, 10].find((candidate) => candidate * power >= rough * (1 - 1e-9)) ?? 10;
  return multiple * power;
}

/** Without the last bits that multiplying a decimal step leaves: 0.30000000000000004 is 0.3. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}
