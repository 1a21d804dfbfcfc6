/**
 * A distribution on the whole numbers from `lowest` to `highest` with a single peak at or beside `peak`, given by the
 * ratio P(k + 1) / P(k). No log-gamma is involved, so that 10^9 cells lose no digits.
 */
export type DiscreteDistribution = {
  readonly lowest: number;
  readonly highest: number;
  readonly peak: number;
  readonly ratio: (k: number) => number;
};

/** Of an observed count: P(K <= observed), P(K >= observed), and the two-sided p-value. */
export type Tails = { readonly atMost: number; readonly atLeast: number; readonly twoSided: number };

/** A probability below this share of the peak's counts as 0; so does a p-value then. */
const NEGLIGIBLE = 1e-300;

/** Probabilities equal but for rounding are equal: the factor of R's `fisher.test` and `poisson.test`. */
const TIE = 1 + 1e-7;

/**
 * Exact tails by summation outwards from the peak. The two-sided p-value adds up all outcomes that are no more
 * probable than the observed one, as R and scipy do.
 */
export function tailsOf(distribution: DiscreteDistribution, observed: number): Tails {
  const { peak } = distribution;
  const above = weightsAbove(distribution);
  const below = weightsBelow(distribution);
  const weightOf = (k: number): number => (k >= peak ? above[k - peak] : below[peak - 1 - k]) ?? 0;

  const observedWeight = weightOf(observed);
  const total = sum(above) + sum(below);
  const noMoreProbable = (weight: number): boolean => weight <= observedWeight * TIE;
  const extreme = sum(above.filter(noMoreProbable)) + sum(below.filter(noMoreProbable));
  if (observed >= peak) {
    const atLeast = sum(above.slice(observed - peak)) / total;
    return { atLeast, atMost: 1 - atLeast + observedWeight / total, twoSided: Math.min(1, extreme / total) };
  }
  const atMost = sum(below.slice(peak - 1 - observed)) / total;
  return { atMost, atLeast: 1 - atMost + observedWeight / total, twoSided: Math.min(1, extreme / total) };
}

/** Weights of peak, peak + 1, ..., relative to the peak's 1. */
function weightsAbove({ highest, peak, ratio }: DiscreteDistribution): number[] {
  const weights: number[] = [];
  let weight = 1;
  for (let k = peak; weight > NEGLIGIBLE; k++) {
    weights.push(weight);
    if (k >= highest) break;
    weight *= ratio(k);
  }
  return weights;
}

/** Weights of peak - 1, peak - 2, ..., relative to the peak's 1. */
function weightsBelow({ lowest, peak, ratio }: DiscreteDistribution): number[] {
  const weights: number[] = [];
  let weight = 1;
  for (let k = peak - 1; k >= lowest; k--) {
    weight /= ratio(k);
    if (weight <= NEGLIGIBLE) break;
    weights.push(weight);
  }
  return weights;
}

function sum(weights: readonly number[]): number {
  return weights.reduce((total, weight) => total + weight, 0);
}

/** Successes in `trials` draws, each with the given probability in (0, 1). */
export function binomial(trials: number, probability: number): DiscreteDistribution {
  const odds = probability / (1 - probability);
  return {
    lowest: 0,
    highest: trials,
    peak: Math.min(trials, Math.floor((trials + 1) * probability)),
    ratio: (k) => ((trials - k) / (k + 1)) * odds,
  };
}

/** Events of a Poisson process with the given mean, at least 0. */
export function poisson(mean: number): DiscreteDistribution {
  return { lowest: 0, highest: Number.POSITIVE_INFINITY, peak: Math.floor(mean), ratio: (k) => mean / (k + 1) };
}

/** Marked items among `drawn`, taken without replacement from `all` items of which `marked` are marked. */
export function hypergeometric(drawn: number, marked: number, all: number): DiscreteDistribution {
  const lowest = Math.max(0, drawn + marked - all);
  const highest = Math.min(drawn, marked);
  const expected = Math.floor((drawn + 1) * ((marked + 1) / (all + 2)));
  return {
    lowest,
    highest,
    peak: Math.min(highest, Math.max(lowest, expected)),
    ratio: (k) => ((marked - k) / (k + 1)) * ((drawn - k) / (all - marked - drawn + k + 1)),
  };
}
