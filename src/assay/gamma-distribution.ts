import regularizedGamma from "@stdlib/math-base-special-gammainc";
import gammaLn from "@stdlib/math-base-special-gammaln";
import chiSquaredQuantileOf from "@stdlib/stats-base-dists-chisquare-quantile";
import { normalQuantile } from "./normal.ts";

/**
 * Above these, @stdlib/math-base-special-gammainc 0.3.1 is wrong by up to 2.5 % (checked against scipy 1.17): its
 * asymptotic series for x > 1000 multiplies by a, a - 1, ... where Boost, its source, multiplies by a - 1, a - 2, ...
 * The quantiles of a shape up to 500 stay below x = 1000 and so never meet that series.
 */
const LARGEST_LIBRARY_ARGUMENT = 1000;
const LARGEST_LIBRARY_SHAPE = 500;

/** The two parts of the regularised incomplete gamma function: P(a, x) and Q(a, x) = 1 - P(a, x). */
export type GammaTails = { readonly lower: number; readonly upper: number };

/** P(a, x) = integral from 0 to x of t^(a-1) e^-t dt / Gamma(a), and its complement; a > 0, x >= 0. */
export function gammaTails(shape: number, x: number): GammaTails {
  if (x <= LARGEST_LIBRARY_ARGUMENT)
    return { lower: regularizedGamma(x, shape, true, false), upper: regularizedGamma(x, shape, true, true) };
  if (x <= shape) {
    const lower = Math.min(1, massAbove(shape, x) * lowerSeries(shape, x));
    return { lower, upper: 1 - lower };
  }
  const upper = Math.min(1, massAbove(shape, x) * shape * upperFraction(shape, x));
  return { lower: 1 - upper, upper };
}

/** The x at which P(a, x) = p, for p in (0, 1). */
export function gammaQuantile(p: number, shape: number): number {
  if (shape <= LARGEST_LIBRARY_SHAPE) return chiSquaredQuantileOf(p, 2 * shape) / 2;
  let x = wilsonHilferty(p, shape);
  for (let iteration = 0; iteration < 20; iteration++) {
    const { lower, upper } = gammaTails(shape, x);
    const excess = p < 0.5 ? lower - p : 1 - p - upper;
    const density = (massAbove(shape, x) * shape) / x;
    const step = excess / density;
    x -= step;
    if (Math.abs(step) <= 1e-14 * x) break;
  }
  return x;
}

/** Start of the search: the cube root of a gamma variable is nearly normal (Wilson and Hilferty 1931). */
function wilsonHilferty(p: number, shape: number): number {
  return shape * (1 - 1 / (9 * shape) + normalQuantile(p) / (3 * Math.sqrt(shape))) ** 3;
}

/**
 * x^a e^-x / Gamma(a + 1), written so that nothing large cancels: with mu = (x - a) / a,
 * exp(-a (mu - ln(1 + mu))) / sqrt(2 pi a) / exp(s(a)), s the Stirling series. Used where x > 1000 only, so that a
 * shape for which that series is poor gives 0 anyway.
 */
function massAbove(shape: number, x: number): number {
  const mu = (x - shape) / shape;
  const stirling = 1 / (12 * shape) - 1 / (360 * shape ** 3) + 1 / (1260 * shape ** 5);
  return Math.exp(-shape * (mu - Math.log1p(mu)) - stirling) / Math.sqrt(2 * Math.PI * shape);
}

/** 1 + x/(a+1) + x^2/((a+1)(a+2)) + ...: about 6 sqrt(a) terms near x = a. Abramowitz and Stegun 6.5.29. */
function lowerSeries(shape: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let denominator = shape + 1; term > sum * 1e-17; denominator++) {
    term *= x / denominator;
    sum += term;
  }
  return sum;
}

/** 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), by Lentz's method. Abramowitz and Stegun 6.5.31. */
function upperFraction(shape: number, x: number): number {
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1, factor = 0; Math.abs(factor - 1) > 1e-16; i++) {
    const a = -i * (i - shape);
    b += 2;
    d = 1 / nonZero(a * d + b, tiny);
    c = nonZero(b + a / c, tiny);
    factor = c * d;
    fraction *= factor;
  }
  return fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** P(X > statistic) for a chi-squared variable. */
export function chiSquaredUpperTail(statistic: number, degreesOfFreedom: number): number {
  return gammaTails(degreesOfFreedom / 2, statistic / 2).upper;
}

/** The value that a chi-squared variable stays below with probability p in (0, 1). */
export function chiSquaredQuantile(p: number, degreesOfFreedom: number): number {
  return 2 * gammaQuantile(p, degreesOfFreedom / 2);
}

/** ln(n!) of a count. */
export function logFactorial(count: number): number {
  return gammaLn(count + 1);
}
