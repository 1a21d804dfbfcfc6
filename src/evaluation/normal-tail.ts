/**
 * P(Z > z) of a standard normal Z, to a relative error of about 1e-13.
 *
 * |z| < 3: 1/2 - phi(z) (z + z^3/3 + z^5/(3 5) + ...); beyond: phi(z) / (z + 1/(z + 2/(z + 3/(z + ...)))).
 * Abramowitz and Stegun 1964, 26.2.11 and 26.2.14.
 */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let [term, sum] = [z, z];
    for (let odd = 3; term > 1e-18; odd += 2) {
      term *= (z * z) / odd;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let depth = 200; depth >= 1; depth--) fraction = z + depth / fraction;
  return density / fraction;
}
