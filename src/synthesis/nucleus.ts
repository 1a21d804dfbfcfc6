import type { RandomStream } from "../core/random.ts";
import type { Stain } from "./appearance.ts";
import {
  distanceFrom,
  drawWaves,
  moveOutline,
  type Outline,
  radiusTowards,
  type SignedDistance,
  smoothUnion,
} from "./outline.ts";

/** A nucleus; `density` of its stain relative to a typical one; `buds` are part of it. */
export interface Nucleus {
  readonly outline: Outline;
  readonly density: number;
  readonly buds: readonly Outline[];
  /** Nucleoli, places without chromatin. */
  readonly nucleoli: readonly Outline[];
}

export function drawNucleus(stream: RandomStream, x: number, y: number, radius: number, stain: Stain): Nucleus {
  const elongated =
    stain === "dapi" ? Math.exp(Math.abs(stream.normal(0.25, 0.2))) : 1 + Math.abs(stream.normal(0, 0.12));
  // Most nuclei are smooth, some are indented.
  const roughness = stream.chance(0.2) ? stream.uniform(0.05, 0.1) : stream.uniform(0.01, 0.035);
  const outline: Outline = {
    x,
    y,
    radius,
    aspect: Math.min(elongated, 2),
    angle: stream.uniform(0, Math.PI),
    waves: drawWaves(stream, roughness, 2, 5),
  };
  return { outline, density: Math.exp(stream.normal(0, 0.08)), buds: [], nucleoli: drawNucleoli(stream, outline) };
}

function drawNucleoli(stream: RandomStream, { x, y, radius }: Outline): Outline[] {
  return Array.from({ length: stream.integer(4) }, () => {
    const angle = stream.uniform(0, 2 * Math.PI);
    const distance = radius * stream.uniform(0, 0.55);
    return {
      x: x + distance * Math.cos(angle),
      y: y + distance * Math.sin(angle),
      radius: radius * stream.uniform(0.1, 0.2),
      aspect: stream.uniform(1, 1.6),
      angle: stream.uniform(0, Math.PI),
      waves: drawWaves(stream, 0.06, 2, 4),
    };
  });
}

/** Two nuclei of about the same size on either side of the middle, touching or up to half a radius apart. */
export function drawTwoNuclei(stream: RandomStream, side: number, diameter: number, stain: Stain): Nucleus[] {
  const axis = stream.uniform(0, 2 * Math.PI);
  const ratio = Math.exp(stream.normal(0, 0.05));
  const [first, second] = [ratio, 1 / ratio].map((size) => drawNucleus(stream, 0, 0, (size * diameter) / 2, stain));
  if (!first || !second) throw new Error("Two sizes make two nuclei.");
  const density = (first.density + second.density) / 2;
  const reach = reachTowards(first.outline, axis) + reachTowards(second.outline, axis + Math.PI);
  const distance = reach + diameter * (stream.chance(0.3) ? stream.uniform(0.01, 0.04) : stream.uniform(0.04, 0.25));
  return [first, second].map((nucleus, index) => {
    const along = (index === 0 ? -0.5 : 0.5) * distance;
    const moved = moveNucleus(nucleus, side / 2 + along * Math.cos(axis), side / 2 + along * Math.sin(axis));
    return { ...moved, density: (density + nucleus.density) / 2 };
  });
}

/** How far the outline reaches in a direction: the greatest projection of its edge. */
function reachTowards(outline: Outline, direction: number): number {
  const turns = Array.from({ length: 25 }, (_, index) => ((index - 12) * Math.PI) / 25);
  return Math.max(...turns.map((turn) => radiusTowards(outline, direction + turn) * Math.cos(turn)));
}

/** The nucleus with a bud: a small disc half inside it, on a short neck. */
export function addBud(stream: RandomStream, nucleus: Nucleus): Nucleus {
  const { outline } = nucleus;
  const distance = distanceFrom(outline);
  const angle = stream.uniform(0, 2 * Math.PI);
  const radius = outline.radius * stream.uniform(0.14, 0.28);
  let reach = 0;
  while (distance(outline.x + reach * Math.cos(angle), outline.y + reach * Math.sin(angle)) < 0.6 * radius)
    reach += outline.radius / 50;
  const bud: Outline = {
    x: outline.x + reach * Math.cos(angle),
    y: outline.y + reach * Math.sin(angle),
    radius,
    aspect: stream.uniform(1, 1.2),
    angle: stream.uniform(0, Math.PI),
    waves: [],
  };
  return { ...nucleus, buds: [bud] };
}

/** Signed distance from a nucleus together with its buds. */
export function nucleusDistance({ outline, buds }: Nucleus): SignedDistance {
  return buds.reduce(
    (distance, bud) => smoothUnion(distance, distanceFrom(bud), 0.7 * bud.radius),
    distanceFrom(outline),
  );
}

/** The nucleus moved by (dx, dy). */
export function moveNucleus(nucleus: Nucleus, dx: number, dy: number): Nucleus {
  const move = (outline: Outline): Outline => moveOutline(outline, dx, dy);
  return {
    ...nucleus,
    outline: move(nucleus.outline),
    buds: nucleus.buds.map(move),
    nucleoli: nucleus.nucleoli.map(move),
  };
}
