import betaQuantile from "@stdlib/stats-base-dists-beta-quantile";
import { chiSquaredQuantile } from "./gamma-distribution.ts";
import { requireCount, requirePart, requireProbability, requireTotal } from "./input-checks.ts";
import { twoSidedZ } from "./normal.ts";

/** A confidence interval, in the unit of its estimate. */
export type Interval = { readonly low: number; readonly high: number };

/** Binucleated cells scored, and those among them with at least one micronucleus. */
export type MnbnCount = { readonly mnbnCells: number; readonly bnCells: number };

/** Binucleated cells scored, and all micronuclei in them; one cell may hold several. */
export type MicronucleusCount = { readonly micronuclei: number; readonly bnCells: number };

/** Frequency of binucleated cells with micronuclei (MNBN), per 1000 binucleated cells. */
export type MnbnFrequency = {
  readonly perThousand: number;
  readonly clopperPearson: Interval;
  readonly wilson: Interval;
};

/** Micronuclei per binucleated cell; not the share of cells that have some. */
export type MnYield = { readonly perCell: number; readonly poisson: Interval };

const DEFAULT_LEVEL = 0.95;

/** MNBN per 1000 = 1000 * cells with at least one micronucleus / binucleated cells, with exact and Wilson intervals. */
export function mnbnFrequency({ mnbnCells, bnCells }: MnbnCount, level = DEFAULT_LEVEL): MnbnFrequency {
  requirePart(mnbnCells, "number of cells with micronuclei", bnCells, "number of binucleated cells");
  return {
    perThousand: (1000 * mnbnCells) / bnCells,
    clopperPearson: scaled(clopperPearson(mnbnCells, bnCells, level), 1000),
    wilson: scaled(wilson(mnbnCells, bnCells, level), 1000),
  };
}

/** MN yield y = X / N, with the exact Poisson interval; too narrow where the counts are overdispersed. */
export function mnYield({ micronuclei, bnCells }: MicronucleusCount, level = DEFAULT_LEVEL): MnYield {
  requireTotal(bnCells, "number of binucleated cells");
  return { perCell: micronuclei / bnCells, poisson: scaled(garwood(micronuclei, level), 1 / bnCells) };
}

/**
 * Exact interval of a proportion x / n, at least as wide as the level asks:
 *
 *   [B(alpha/2; x, n - x + 1), B(1 - alpha/2; x + 1, n - x)], B the beta quantile
 *
 * Clopper and Pearson 1934. 0 of n and n of n have the limits 0 and 1.
 */
export function clopperPearson(part: number, whole: number, level = DEFAULT_LEVEL): Interval {
  requirePart(part, "part", whole, "whole");
  requireProbability(level, "confidence level");
  const tail = (1 - level) / 2;
  return {
    low: part === 0 ? 0 : betaQuantile(tail, part, whole - part + 1),
    high: part === whole ? 1 : betaQuantile(1 - tail, part + 1, whole - part),
  };
}

/**
 * Score interval of a proportion p = x / n, right on average and narrower than the exact one:
 *
 *   (p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)
 *
 * Wilson 1927.
 */
export function wilson(part: number, whole: number, level = DEFAULT_LEVEL): Interval {
  requirePart(part, "part", whole, "whole");
  requireProbability(level, "confidence level");
  const z = twoSidedZ(level);
  const p = part / whole;
  const centre = p + z ** 2 / (2 * whole);
  const reach = z * Math.sqrt((p * (1 - p)) / whole + z ** 2 / (4 * whole ** 2));
  const scale = 1 + z ** 2 / whole;
  return {
    low: part === 0 ? 0 : (centre - reach) / scale,
    high: part === whole ? 1 : (centre + reach) / scale,
  };
}

/**
 * Exact interval of a Poisson mean of which X events were seen: [chi2(alpha/2; 2X)/2, chi2(1 - alpha/2; 2X + 2)/2].
 * Garwood 1936.
 */
export function garwood(events: number, level = DEFAULT_LEVEL): Interval {
  requireCount(events, "number of micronuclei");
  requireProbability(level, "confidence level");
  const tail = (1 - level) / 2;
  return {
    low: events === 0 ? 0 : chiSquaredQuantile(tail, 2 * events) / 2,
    high: chiSquaredQuantile(1 - tail, 2 * events + 2) / 2,
  };
}

function scaled({ low, high }: Interval, factor: number): Interval {
  return { low: low * factor, high: high * factor };
}
