import type { RandomStream } from "../core/random.ts";
import type { Stain } from "./appearance.ts";
import { type DrawnCell, drawCellShape, moveCell } from "./cell-shape.ts";
import { distanceFrom, drawWaves, extentOf, type Outline, radiusTowards } from "./outline.ts";

/**
 * What makes a cell hard to call; the first three are the paper's (Wei et al. 2022).
 * `debris`: spots of stain that look like micronuclei. `pale`: under-stained, so that the cytoplasm (Giemsa) or the
 * whole cell (DAPI) hardly shows. `neighbours`: other cells in view, some with micronuclei of their own. `blur`: out
 * of focus. `bud`: a nuclear bud, still joined to its nucleus.
 */
export const HARD_CASES = ["debris", "pale", "neighbours", "blur", "bud"] as const;
export type HardCase = (typeof HARD_CASES)[number];

/** A speck of stain. `density` relative to a nucleus; `blurSigma` in units (`unitPixels`). */
export interface Debris {
  readonly outline: Outline;
  readonly density: number;
  readonly blurSigma: number;
}

/** Where everything lies in one picture, in pixels. */
export interface Scene {
  readonly cell: DrawnCell;
  readonly neighbours: readonly DrawnCell[];
  readonly debris: readonly Debris[];
}

export interface SceneRequest {
  readonly stain: Stain;
  readonly side: number;
  readonly micronuclei: number;
  readonly hardCase?: HardCase | undefined;
}

/** Draws where everything lies; the cell's own micronuclei are wholly in view. */
export function drawScene(stream: RandomStream, request: SceneRequest): Scene {
  const { stain, side, hardCase } = request;
  const toNeighbours = stream.uniform(0, 2 * Math.PI);
  const cell = drawCellInView(stream, request, toNeighbours);
  return {
    cell,
    neighbours: hardCase === "neighbours" ? drawNeighbours(stream, cell, toNeighbours, stain, side) : [],
    debris: hardCase === "debris" ? drawDebris(stream, cell, stain, side) : [],
  };
}

function drawCellInView(
  stream: RandomStream,
  { stain, side, micronuclei, hardCase }: SceneRequest,
  toNeighbours: number,
): DrawnCell {
  const crowded = hardCase === "neighbours";
  for (let attempt = 0; attempt < 100; attempt++) {
    const shape = drawCellShape(stream, { stain, side, micronuclei, bud: hardCase === "bud", small: crowded });
    // A cell in a crowd is not cut out at its centre: the window shows more of the neighbours' side.
    const shift = side * (crowded ? stream.uniform(0.03, 0.09) : 0);
    const dx = side * stream.normal(0, 0.012) - shift * Math.cos(toNeighbours);
    const dy = side * stream.normal(0, 0.012) - shift * Math.sin(toNeighbours);
    const cell = moveCell(shape, dx, dy);
    if (cell.micronuclei.every(({ outline }) => isInView(outline, side))) return cell;
  }
  throw new Error(`No cell of ${side} pixels has all of its ${micronuclei} micronuclei in view.`);
}

function isInView(outline: Outline, side: number): boolean {
  const extent = extentOf(outline);
  return [outline.x, outline.y].every((centre) => centre - extent >= 0 && centre + extent <= side - 1);
}

/** One to three cells around `cell`, the first in the given direction; two in five have micronuclei, near `cell`. */
function drawNeighbours(
  stream: RandomStream,
  cell: DrawnCell,
  direction: number,
  stain: Stain,
  side: number,
): DrawnCell[] {
  const count = 1 + stream.integer(3);
  return Array.from({ length: count }, (_, index) => {
    const angle = direction + (index * 2 * Math.PI) / count + stream.normal(0, 0.25);
    const micronuclei = stream.chance(0.4) ? 1 + stream.integer(2) : 0;
    const shape = drawCellShape(stream, { stain, side, micronuclei, bud: false, small: true, facing: angle + Math.PI });
    const closeness = stain === "giemsa" ? stream.uniform(0.94, 1.08) : stream.uniform(0.85, 1.05);
    const distance =
      closeness * (radiusTowards(cell.cytoplasm, angle) + radiusTowards(shape.cytoplasm, angle + Math.PI));
    const { x, y } = cell.cytoplasm;
    return moveCell(
      shape,
      x + distance * Math.cos(angle) - shape.cytoplasm.x,
      y + distance * Math.sin(angle) - shape.cytoplasm.y,
    );
  });
}

/**
 * One to five specks anywhere but deep inside a nucleus or over a micronucleus, 1/20 to 1/4 of the nuclear diameter.
 * In bright field they are darker and sharper than chromatin; in fluorescence either bright and sharp or dim and soft.
 */
function drawDebris(stream: RandomStream, cell: DrawnCell, stain: Stain, side: number): Debris[] {
  const covered = [...cell.nuclei.map(({ outline }) => outline), ...cell.micronuclei.map(({ outline }) => outline)];
  const count = 1 + stream.integer(5);
  const debris: Debris[] = [];
  while (debris.length < count) {
    const x = stream.uniform(0.05, 0.95) * side;
    const y = stream.uniform(0.05, 0.95) * side;
    const radius = (cell.nuclearDiameter / 2) * Math.exp(stream.uniform(Math.log(1 / 20), Math.log(1 / 4)));
    if (covered.some((outline) => distanceFrom(outline)(x, y) < 0.8 * radius)) continue;
    const outline = {
      x,
      y,
      radius,
      aspect: stream.uniform(1, 1.7),
      angle: stream.uniform(0, Math.PI),
      waves: drawWaves(stream, stream.uniform(0.02, 0.15), 2, 5),
    };
    const dim = stain === "dapi" && stream.chance(0.5);
    const density = dim
      ? stream.uniform(0.15, 0.45)
      : stain === "giemsa"
        ? stream.uniform(0.4, 2)
        : stream.uniform(1.1, 2.2);
    debris.push({ outline, density, blurSigma: dim ? stream.uniform(1, 1.8) : stream.uniform(0.4, 0.75) });
  }
  return debris;
}
