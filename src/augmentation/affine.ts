/**
 * A plane affine map, in pixels from the image's centre, x to the right and y downwards:
 *
 *   x' = a x + b y + c        y' = d x + e y + f        stored as [a, b, c, d, e, f]
 *
 * The centre of an image is ((width - 1) / 2, (height - 1) / 2), so that flips and quarter turns map pixel centres
 * onto pixel centres.
 */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const IDENTITY: Affine = [1, 0, 0, 0, 1, 0];

/** The map that applies `first`, then `second`. */
export function composeAffine(first: Affine, second: Affine): Affine {
  const [a, b, c, d, e, f] = second;
  const [p, q, r, s, t, u] = first;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
}

/** The inverse map. Exact for flips and quarter turns, whose determinant is 1 or -1. */
export function invertAffine([a, b, c, d, e, f]: Affine): Affine {
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > 1e-12)) throw new Error(`Affine map [${a}, ${b}, ${d}, ${e}] cannot be inverted.`);
  const [p, q, s, t] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [p, q, -(p * c + q * f), s, t, -(s * c + t * f)];
}

/** True where the map leaves every point in place. */
export function isIdentity(map: Affine): boolean {
  return map.every((value, index) => value === IDENTITY[index]);
}
