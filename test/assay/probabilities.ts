import type { RandomStream } from "../../src/core/random.ts";

/** P(0), P(1), ..., P(n) of a binomial distribution, by multiplication from the mean outwards. */
export function binomialProbabilities(n: number, p: number): number[] {
  return normalised(n, Math.floor(n * p), (k) => ((n - k) / (k + 1)) * (p / (1 - p)));
}

/** P(0), P(1), ... of a Poisson distribution, up to where nothing is left. */
export function poissonProbabilities(mean: number): number[] {
  return normalised(Math.ceil(mean + 12 * Math.sqrt(mean) + 20), Math.floor(mean), (k) => mean / (k + 1));
}

function normalised(highest: number, start: number, ratio: (k: number) => number): number[] {
  const weights = new Array<number>(highest + 1).fill(0);
  weights[start] = 1;
  for (let k = start; k < highest; k++) weights[k + 1] = (weights[k] ?? 0) * ratio(k);
  for (let k = start; k > 0; k--) weights[k - 1] = (weights[k] ?? 0) / ratio(k - 1);
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** A Poisson count with the given mean, up to some hundreds, by inversion. */
export function drawPoisson(random: RandomStream, mean: number): number {
  let remaining = random.uniform();
  let probability = Math.exp(-mean);
  let count = 0;
  while (remaining > probability && count < mean + 40 * Math.sqrt(mean + 1)) {
    remaining -= probability;
    count++;
    probability *= mean / count;
  }
  return count;
}

/** Successes in `trials` draws. */
export function drawBinomial(random: RandomStream, trials: number, probability: number): number {
  let successes = 0;
  for (let trial = 0; trial < trials; trial++) if (random.chance(probability)) successes++;
  return successes;
}
