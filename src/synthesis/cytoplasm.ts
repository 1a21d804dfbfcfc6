import type { RandomStream } from "../core/random.ts";
import type { Stain } from "./appearance.ts";
import type { Nucleus } from "./nucleus.ts";
import { drawWaves, extentOf, type Outline } from "./outline.ts";

/** Around all nuclei with room to spare, roundish; in fluorescence it only bounds where micronuclei lie. */
export function drawCytoplasm(stream: RandomStream, nuclei: readonly Nucleus[], side: number, stain: Stain): Outline {
  const x = nuclei.reduce((sum, { outline }) => sum + outline.x, 0) / nuclei.length;
  const y = nuclei.reduce((sum, { outline }) => sum + outline.y, 0) / nuclei.length;
  const reach = Math.max(...nuclei.map(({ outline }) => Math.hypot(outline.x - x, outline.y - y) + extentOf(outline)));
  const room = stain === "giemsa" && nuclei.length > 1 ? stream.uniform(1.18, 1.4) : stream.uniform(1.3, 1.7);
  return {
    x: x + side * stream.normal(0, 0.01),
    y: y + side * stream.normal(0, 0.01),
    radius: Math.max(reach * room, 0.25 * side),
    aspect: 1 + Math.abs(stream.normal(0, 0.06)),
    angle: stream.uniform(0, Math.PI),
    waves: drawWaves(stream, stream.uniform(0.015, 0.06), 2, 12),
  };
}

/** Bubbles in the cytoplasm that take no stain; one cell in four has some. */
export function drawVacuoles(stream: RandomStream, { x, y, radius }: Outline): Outline[] {
  const count = stream.chance(0.25) ? 1 + stream.integer(6) : 0;
  return Array.from({ length: count }, () => {
    const angle = stream.uniform(0, 2 * Math.PI);
    const distance = radius * stream.uniform(0.3, 0.85);
    return {
      x: x + distance * Math.cos(angle),
      y: y + distance * Math.sin(angle),
      radius: radius * stream.uniform(0.025, 0.06),
      aspect: stream.uniform(1, 1.2),
      angle: stream.uniform(0, Math.PI),
      waves: [],
    };
  });
}
