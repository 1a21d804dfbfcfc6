import normalCdf from "@stdlib/stats-base-dists-normal-cdf";
import quantileOfNormal from "@stdlib/stats-base-dists-normal-quantile";

/** The z that a standard normal variable stays below with probability p, for p in [1e-16, 1). */
export function normalQuantile(p: number): number {
  return quantileOfNormal(p, 0, 1);
}

/** P(Z > z), with full relative precision in the far tail. */
export function normalUpperTail(z: number): number {
  return normalCdf(-z, 0, 1);
}

/** z of a two-sided interval of the given confidence level: 1.959964 for 0.95. */
export function twoSidedZ(level: number): number {
  return normalQuantile((1 + level) / 2);
}
