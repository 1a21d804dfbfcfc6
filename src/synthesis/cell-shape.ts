import type { RandomStream } from "../core/random.ts";
import { drawCytoplasm, drawVacuoles } from "./cytoplasm.ts";
import { type Micronucleus, type MicronucleusRequest, placeMicronuclei } from "./micronucleus.ts";
import { addBud, drawNucleus, drawTwoNuclei, moveNucleus, type Nucleus } from "./nucleus.ts";
import { moveOutline, type Outline } from "./outline.ts";

/** The shapes of one cell, in pixels. */
export interface DrawnCell {
  readonly cytoplasm: Outline;
  readonly nuclei: readonly Nucleus[];
  readonly micronuclei: readonly Micronucleus[];
  /** Bubbles in the cytoplasm that take no stain. */
  readonly vacuoles: readonly Outline[];
  /** Of the circle of equal area; of the smaller nucleus where there are two. */
  readonly nuclearDiameter: number;
}

export interface CellShapeRequest extends MicronucleusRequest {
  readonly bud: boolean;
  /** Smaller than usual, to leave room for others in the window. */
  readonly small: boolean;
}

/** Draws a cell at the middle of a window of `side` pixels. */
export function drawCellShape(stream: RandomStream, request: CellShapeRequest): DrawnCell {
  // A cell too crowded for its micronuclei is drawn anew; one in a few hundred is.
  for (let attempt = 0; attempt < 100; attempt++) {
    const body = drawBody(stream, request);
    const micronuclei = placeMicronuclei(stream, body, request);
    if (micronuclei) return { ...body, micronuclei };
  }
  throw new Error(`No room for ${request.micronuclei} micronuclei in a cell of ${request.side} pixels.`);
}

type Body = Omit<DrawnCell, "micronuclei">;

function drawBody(stream: RandomStream, { stain, side, bud, small }: CellShapeRequest): Body {
  const two = stream.chance(stain === "giemsa" ? 0.75 : 0.25);
  const shrink = small ? 0.8 : 1;
  const diameter = side * shrink * (two ? stream.uniform(0.25, 0.32) : stream.uniform(0.35, 0.44));
  const nuclei = two
    ? drawTwoNuclei(stream, side, diameter, stain)
    : [drawNucleus(stream, side / 2, side / 2, diameter / 2, stain)];
  const withBud = bud ? nuclei.map((nucleus, index) => (index === 0 ? addBud(stream, nucleus) : nucleus)) : nuclei;
  const nuclearDiameter = 2 * Math.min(...nuclei.map(({ outline }) => outline.radius));
  const cytoplasm = drawCytoplasm(stream, nuclei, side, stain);
  return { cytoplasm, nuclei: withBud, vacuoles: drawVacuoles(stream, cytoplasm), nuclearDiameter };
}

/** The cell moved by (dx, dy). */
export function moveCell(cell: DrawnCell, dx: number, dy: number): DrawnCell {
  return {
    ...cell,
    cytoplasm: moveOutline(cell.cytoplasm, dx, dy),
    nuclei: cell.nuclei.map((nucleus) => moveNucleus(nucleus, dx, dy)),
    vacuoles: cell.vacuoles.map((vacuole) => moveOutline(vacuole, dx, dy)),
    micronuclei: cell.micronuclei.map((micronucleus) => ({
      ...micronucleus,
      outline: moveOutline(micronucleus.outline, dx, dy),
    })),
  };
}
