import type { DrawnCell } from "./cell-shape.ts";
import { type Nucleus, nucleusDistance } from "./nucleus.ts";
import { distanceFrom, extentOf, type Outline, type SignedDistance } from "./outline.ts";
import { blurPlane, createPlane, type Plane, unitPixels } from "./plane.ts";
import type { Debris } from "./scene.ts";

/** Calls `visit` with every pixel of a window whose distance from the shape is at most `margin`. */
export function visitNear(
  side: number,
  outlines: readonly Outline[],
  distance: SignedDistance,
  margin: number,
  visit: (index: number, distance: number) => void,
): void {
  const within = (value: number): number => Math.max(0, Math.min(side - 1, value));
  const left = within(Math.floor(Math.min(...outlines.map((outline) => outline.x - extentOf(outline) - margin))));
  const right = within(Math.ceil(Math.max(...outlines.map((outline) => outline.x + extentOf(outline) + margin))));
  const top = within(Math.floor(Math.min(...outlines.map((outline) => outline.y - extentOf(outline) - margin))));
  const bottom = within(Math.ceil(Math.max(...outlines.map((outline) => outline.y + extentOf(outline) + margin))));
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const away = distance(x, y);
      if (away <= margin) visit(y * side + x, away);
    }
}

/** 1 inside, 0 outside, a smooth step over `softness` pixels across the edge. */
export function coverage(distance: number, softness: number): number {
  const t = Math.max(0, Math.min(1, 0.5 - distance / softness));
  return t * t * (3 - 2 * t);
}

/** The random textures of one picture, of mean 0 and variance 1. */
export interface Textures {
  readonly coarse: Plane;
  readonly medium: Plane;
  readonly fine: Plane;
}

/** How chromatin is laid into a plane; `chromatinAt` gives its amount at a pixel, 1 for a smooth typical nucleus. */
export interface ChromatinStyle {
  readonly softness: number;
  readonly density: number;
  readonly chromatinAt: (index: number, depth: number, radius: number) => number;
  /** What a nucleolus leaves of the chromatin at its place, 0..1. */
  readonly nucleolus: number;
}

/** Adds the chromatin of a whole cell: nuclei with their nucleoli, and micronuclei. */
export function addChromatin(plane: Plane, cell: DrawnCell, style: ChromatinStyle): void {
  for (const nucleus of cell.nuclei) addNucleus(plane, nucleus, style);
  const own = cell.nuclei[0]?.density ?? 1;
  for (const { outline, density } of cell.micronuclei)
    addShape(plane, [outline], distanceFrom(outline), { ...style, density: style.density * density * own });
}

function addNucleus(plane: Plane, nucleus: Nucleus, style: ChromatinStyle): void {
  const nucleoli = nucleus.nucleoli.map((outline) => ({ distance: distanceFrom(outline), softness: outline.radius }));
  const left = (x: number, y: number): number =>
    nucleoli.reduce(
      (rest, { distance, softness }) => rest * (1 - (1 - style.nucleolus) * coverage(distance(x, y), 1.6 * softness)),
      1,
    );
  const chromatinAt: ChromatinStyle["chromatinAt"] = (index, depth, radius) =>
    style.chromatinAt(index, depth, radius) * left(index % plane.side, Math.floor(index / plane.side));
  addShape(plane, [nucleus.outline, ...nucleus.buds], nucleusDistance(nucleus), {
    ...style,
    density: style.density * nucleus.density,
    chromatinAt,
  });
}

function addShape(
  { side, values }: Plane,
  outlines: readonly Outline[],
  distance: SignedDistance,
  { softness, density, chromatinAt }: ChromatinStyle,
): void {
  const radius = outlines[0]?.radius ?? 0;
  visitNear(side, outlines, distance, softness, (index, away) => {
    values[index]! += density * coverage(away, softness) * chromatinAt(index, Math.max(0, -away), radius);
  });
}

/** All specks of debris, each blurred as its own distance from the focus demands. */
export function layDebris(side: number, debris: readonly Debris[]): Plane {
  const unit = unitPixels(side);
  const sum = createPlane(side);
  for (const { outline, density, blurSigma } of debris) {
    const speck = createPlane(side);
    visitNear(side, [outline], distanceFrom(outline), unit, (index, away) => {
      speck.values[index] = density * coverage(away, unit);
    });
    const blurred = blurPlane(speck, blurSigma * unit);
    for (let index = 0; index < sum.values.length; index++) sum.values[index]! += blurred.values[index]!;
  }
  return sum;
}
