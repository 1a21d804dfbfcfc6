import type { InstanceMask } from "../images/mask.ts";
import type { Samples } from "../images/samples.ts";
import type { AnnotatedField, Bounds } from "./annotated-field.ts";

/** One object of a mask, measured. `mean`: of the grey values under it. `pixels`: positions in the mask, ascending. */
export interface MeasuredObject extends Bounds {
  readonly id: number;
  readonly area: number;
  readonly mean: number;
  readonly pixels: readonly number[];
}

/** What lies under no object. `noise`: 1.4826 times the median absolute deviation, the standard deviation if normal. */
export interface Background {
  readonly median: number;
  readonly noise: number;
}

/** Grey levels; the noise of an image whose background is one value, so that a quotient by it stays finite. */
const LEAST_NOISE = 0.5;

/** The objects of a mask by their numbers. */
export function measureObjects({ width, data }: InstanceMask, grey: Samples): Map<number, MeasuredObject> {
  const pixelsOf = new Map<number, number[]>();
  for (let at = 0; at < data.length; at++) {
    const id = data[at]!;
    if (id === 0) continue;
    const pixels = pixelsOf.get(id);
    if (pixels === undefined) pixelsOf.set(id, [at]);
    else pixels.push(at);
  }
  return new Map([...pixelsOf].map(([id, pixels]) => [id, measure(id, pixels, width, grey)]));
}

function measure(id: number, pixels: readonly number[], width: number, grey: Samples): MeasuredObject {
  let [left, right, sum] = [width, 0, 0];
  for (const at of pixels) {
    left = Math.min(left, at % width);
    right = Math.max(right, (at % width) + 1);
    sum += grey.data[at]!;
  }
  const top = Math.floor(pixels[0]! / width);
  const bottom = Math.floor(pixels.at(-1)! / width) + 1;
  return { id, area: pixels.length, mean: sum / pixels.length, pixels, left, right, top, bottom };
}

export function measureBackground({ grey, nuclei, micronuclei }: AnnotatedField): Background {
  const values: number[] = [];
  for (let at = 0; at < grey.data.length; at++)
    if (nuclei.data[at] === 0 && micronuclei.data[at] === 0) values.push(grey.data[at]!);
  if (values.length === 0) return { median: 0, noise: LEAST_NOISE };
  const median = medianOf(values);
  const deviation = medianOf(values.map((value) => Math.abs(value - median)));
  return { median, noise: Math.max(1.4826 * deviation, LEAST_NOISE) };
}

export function medianOf(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** A percentile, 0..100, of grey values, interpolated linearly between ranks (Hyndman and Fan 1996, type 7; NumPy's default). */
export function percentileOf(values: Samples["data"], percent: number): number {
  const sorted = values.toSorted();
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  return below + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)]! - below);
}

/** Median grey value within `reach` pixels (8-neighbour steps) of the object where no object is; the field's where none. */
export function medianAround(object: MeasuredObject, field: AnnotatedField, reach: number, background: number): number {
  const { width, height } = field.nuclei;
  const around = new Set<number>();
  for (const at of object.pixels) {
    const [x, y] = [at % width, Math.floor(at / width)];
    for (let ny = Math.max(y - reach, 0); ny <= Math.min(y + reach, height - 1); ny++)
      for (let nx = Math.max(x - reach, 0); nx <= Math.min(x + reach, width - 1); nx++) around.add(ny * width + nx);
  }
  const free = [...around].filter((at) => field.nuclei.data[at] === 0 && field.micronuclei.data[at] === 0);
  return free.length === 0 ? background : medianOf(free.map((at) => field.grey.data[at]!));
}

/** Least distance between the pixels of two objects, centre to centre. */
export function distanceBetween(a: MeasuredObject, b: MeasuredObject, width: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const one of a.pixels) {
    for (const other of b.pixels) {
      const dx = (one % width) - (other % width);
      const dy = Math.floor(one / width) - Math.floor(other / width);
      least = Math.min(least, dx * dx + dy * dy);
    }
  }
  return Math.sqrt(least);
}

type Point = readonly [x: number, y: number];

/**
 * Area of the object over the number of pixels whose centres lie in its convex hull (of the middles of its pixels' edges, as in
 * scikit-image): 1 for a convex object, less the deeper it is lobed.
 */
export function solidityOf({ pixels, area, top, bottom, left, right }: MeasuredObject, width: number): number {
  const corners = pixels.flatMap((at): Point[] => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return [
      [x - 0.5, y],
      [x + 0.5, y],
      [x, y - 0.5],
      [x, y + 0.5],
    ];
  });
  const hull = convexHull(corners);
  let inside = 0;
  for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) if (isInside([x, y], hull)) inside++;
  return area / inside;
}

/** Andrew's monotone chain: the corners of the convex hull, all turns in one direction. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const chain = (ordered: readonly Point[]): Point[] => {
    const kept: Point[] = [];
    for (const point of ordered) {
      while (kept.length >= 2 && turn(kept.at(-2)!, kept.at(-1)!, point) <= 0) kept.pop();
      kept.push(point);
    }
    return kept.slice(0, -1);
  };
  return [...chain(sorted), ...chain(sorted.toReversed())];
}

/** Twice the area of the triangle a, b, c; its sign is the direction of the turn. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

function isInside(point: Point, hull: readonly Point[]): boolean {
  return hull.every((corner, index) => turn(corner, hull[(index + 1) % hull.length]!, point) >= 0);
}
