import type { RandomStream } from "../core/random.ts";
import type { Stain } from "./appearance.ts";
import { type Nucleus, nucleusDistance } from "./nucleus.ts";
import { distanceFrom, extentOf, type Outline } from "./outline.ts";
import { unitPixels } from "./plane.ts";

/** Bounds of a micronucleus's diameter in nuclear diameters (HUMN criteria; Fenech 2007, doi 10.1038/nprot.2007.77). */
export const SMALLEST_MICRONUCLEUS = 1 / 16;
export const LARGEST_MICRONUCLEUS = 1 / 3;

/** A micronucleus; `density` of its stain relative to its cell's first nucleus. */
export interface Micronucleus {
  readonly outline: Outline;
  readonly density: number;
}

/** Where micronuclei are to be placed. */
export interface Surroundings {
  readonly cytoplasm: Outline;
  readonly nuclei: readonly Nucleus[];
  readonly nuclearDiameter: number;
}

export interface MicronucleusRequest {
  readonly stain: Stain;
  readonly side: number;
  readonly micronuclei: number;
  /** Direction from the nuclei in which they lie; any where absent. */
  readonly facing?: number | undefined;
}

/** All micronuclei of the cell inside its cytoplasm, clear of its nuclei and of each other; undefined without room. */
export function placeMicronuclei(
  stream: RandomStream,
  surroundings: Surroundings,
  { stain, side, micronuclei, facing }: MicronucleusRequest,
): Micronucleus[] | undefined {
  const cytoplasm = distanceFrom(surroundings.cytoplasm);
  const obstacles = surroundings.nuclei.map(nucleusDistance);
  const unit = unitPixels(side);
  const placed: Micronucleus[] = [];
  for (let attempt = 0; placed.length < micronuclei; attempt++) {
    if (attempt === 200) return undefined;
    const outline = drawMicronucleus(stream, surroundings, unit, facing);
    const radius = extentOf(outline);
    const inCytoplasm = cytoplasm(outline.x, outline.y) < -radius - 0.5 * unit;
    const clear = obstacles.every((distance) => distance(outline.x, outline.y) > radius + 0.3 * unit);
    if (!inCytoplasm || !clear) continue;
    obstacles.push(distanceFrom(outline));
    placed.push({ outline, density: stain === "giemsa" ? stream.uniform(0.55, 1.05) : stream.uniform(0.35, 1.05) });
  }
  return placed;
}

/** A candidate: most micronuclei are near a nucleus, and a third all but touch it. */
function drawMicronucleus(
  stream: RandomStream,
  surroundings: Surroundings,
  unit: number,
  facing: number | undefined,
): Outline {
  const radius = (surroundings.nuclearDiameter / 2) * drawRelativeDiameter(stream);
  const nucleus = surroundings.nuclei[stream.integer(surroundings.nuclei.length)] ?? surroundings.nuclei[0];
  if (!nucleus) throw new Error("A cell has a nucleus.");
  const angle = facing === undefined ? stream.uniform(0, 2 * Math.PI) : facing + stream.normal(0, 0.5);
  const gap = stream.chance(0.35)
    ? stream.uniform(0.4, 1.5) * unit
    : surroundings.nuclearDiameter * stream.uniform(0.05, 0.45);
  const aspect = 1 + Math.abs(stream.normal(0, 0.08));
  const distance = nucleusDistance(nucleus);
  const { x, y } = nucleus.outline;
  let reach = nucleus.outline.radius / 2;
  while (distance(x + reach * Math.cos(angle), y + reach * Math.sin(angle)) < radius * Math.sqrt(aspect) + gap)
    reach += 0.25 * unit;
  return {
    x: x + reach * Math.cos(angle),
    y: y + reach * Math.sin(angle),
    radius,
    aspect,
    angle: stream.uniform(0, Math.PI),
    waves: [],
  };
}

/** Log-normal about a sixth of the nuclear diameter, within the bounds of the HUMN criteria. */
function drawRelativeDiameter(stream: RandomStream): number {
  for (;;) {
    const diameter = Math.exp(stream.normal(Math.log(0.17), 0.38));
    if (diameter >= SMALLEST_MICRONUCLEUS && diameter <= LARGEST_MICRONUCLEUS) return diameter;
  }
}
