import type { RandomStream } from "../core/random.ts";

/**
 * A closed outline: an ellipse whose radius is modulated by a few waves. Lengths in pixels, angles in radians.
 *
 *   r(t) = R (1 + sum_k amplitude_k cos(order_k t + phase_k))    in the frame of the ellipse
 *
 * `radius` is that of the circle of equal area: the area inside is pi radius^2 exactly, because R is divided by
 * sqrt(1 + sum_k amplitude_k^2 / 2) and the ellipse stretches by sqrt(aspect) one way and as much less the other.
 */
export interface Outline {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Long axis over short axis, at least 1. */
  readonly aspect: number;
  /** Of the long axis. */
  readonly angle: number;
  readonly waves: readonly Wave[];
}

interface Wave {
  readonly order: number;
  readonly amplitude: number;
  readonly phase: number;
}

/** Signed distance of a point from an outline, in pixels, negative inside; exact on it, approximate elsewhere. */
export type SignedDistance = (x: number, y: number) => number;

/** Waves of the given orders with normal amplitudes that fall off with the order; `roughness` is that of order 2. */
export function drawWaves(stream: RandomStream, roughness: number, lowest: number, highest: number): Wave[] {
  return Array.from({ length: highest - lowest + 1 }, (_, index) => {
    const order = lowest + index;
    const amplitude = Math.max(-2, Math.min(2, stream.normal())) * roughness * (2 / order) ** 1.5;
    return { order, amplitude, phase: stream.uniform(0, 2 * Math.PI) };
  });
}

const DIRECTIONS = 256;

export function distanceFrom(outline: Outline): SignedDistance {
  const radii = radiiOf(outline);
  const stretch = Math.sqrt(outline.aspect);
  const cosine = Math.cos(outline.angle);
  const sine = Math.sin(outline.angle);
  const perRadian = DIRECTIONS / (2 * Math.PI);
  return (x, y) => {
    const dx = x - outline.x;
    const dy = y - outline.y;
    const along = (cosine * dx + sine * dy) / stretch;
    const across = (cosine * dy - sine * dx) * stretch;
    const reach = Math.hypot(along, across);
    if (reach === 0) return -outline.radius / stretch;
    const direction = (Math.atan2(across, along) + 2 * Math.PI) * perRadian;
    const step = Math.floor(direction);
    const before = radii[step % DIRECTIONS]!;
    const after = radii[(step + 1) % DIRECTIONS]!;
    // Level over gradient: the ellipse's frame is squeezed, the pixel's is not.
    const slope = Math.hypot(along / stretch, across * stretch) / reach;
    return (reach - before - (direction - step) * (after - before)) / slope;
  };
}

/** r(t) of the outline in DIRECTIONS directions of the ellipse's frame. */
function radiiOf({ radius, waves }: Outline): Float64Array {
  const power = waves.reduce((sum, { amplitude }) => sum + amplitude ** 2 / 2, 0);
  const mean = radius / Math.sqrt(1 + power);
  return Float64Array.from({ length: DIRECTIONS }, (_, index) => {
    const t = (2 * Math.PI * index) / DIRECTIONS;
    return mean * waves.reduce((sum, { order, amplitude, phase }) => sum + amplitude * Math.cos(order * t + phase), 1);
  });
}

/** Distance from the outline's centre to its edge in a direction (radians), by bisection. */
export function radiusTowards(outline: Outline, direction: number): number {
  const distance = distanceFrom(outline);
  let [inside, outside] = [0, extentOf(outline)];
  for (let step = 0; step < 20; step++) {
    const middle = (inside + outside) / 2;
    if (distance(outline.x + middle * Math.cos(direction), outline.y + middle * Math.sin(direction)) < 0)
      inside = middle;
    else outside = middle;
  }
  return inside;
}

/** The greatest distance of the outline from its centre, or more. */
export function extentOf({ radius, aspect, waves }: Outline): number {
  const swell = waves.reduce((sum, { amplitude }) => sum + Math.abs(amplitude), 1);
  return radius * Math.sqrt(aspect) * swell;
}

/** Distance from the union of two shapes whose junction is rounded over `rounding` pixels (polynomial smooth minimum). */
export function smoothUnion(first: SignedDistance, second: SignedDistance, rounding: number): SignedDistance {
  return (x, y) => {
    const a = first(x, y);
    const b = second(x, y);
    const overlap = Math.max(rounding - Math.abs(a - b), 0) / rounding;
    return Math.min(a, b) - (overlap * overlap * rounding) / 4;
  };
}

/** The outline moved by (dx, dy). */
export function moveOutline(outline: Outline, dx: number, dy: number): Outline {
  return { ...outline, x: outline.x + dx, y: outline.y + dy };
}
