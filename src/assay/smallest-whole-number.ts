import { LARGEST_COUNT } from "./input-checks.ts";

/**
 * The smallest whole number above `last` that satisfies a condition which, once met, stays met: doubling, then
 * halving. Undefined if none up to about 10^9 does.
 */
export function smallestWholeNumberAbove(last: number, satisfies: (n: number) => boolean): number | undefined {
  let tooSmall = last;
  let stride = 1;
  while (!satisfies(tooSmall + stride)) {
    tooSmall += stride;
    stride *= 2;
    if (stride > 2 * LARGEST_COUNT) return undefined;
  }
  let enough = tooSmall + stride;
  while (enough - tooSmall > 1) {
    const middle = tooSmall + Math.floor((enough - tooSmall) / 2);
    if (satisfies(middle)) enough = middle;
    else tooSmall = middle;
  }
  return enough;
}
