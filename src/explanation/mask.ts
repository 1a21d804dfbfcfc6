import { EvaluationError } from "../core/errors.ts";
import type { InstanceMask } from "../images/mask.ts";

/** How far the proportions of a mask may be from its image's before it must be another image's mask. */
const PROPORTION_TOLERANCE = 0.02;

/**
 * A mask at the size of its image, by the nearest pixel: output x takes input floor((x + 0.5) * from / to).
 * Throws MASK_SIZE where the proportions differ, so that the mask cannot be this image's.
 */
export function fitMask(mask: InstanceMask, width: number, height: number): InstanceMask {
  if (mask.width === width && mask.height === height) return mask;
  const stretch = (mask.width * height) / (mask.height * width);
  if (Math.abs(stretch - 1) > PROPORTION_TOLERANCE) {
    throw new EvaluationError(
      "MASK_SIZE",
      `The mask has ${mask.width} x ${mask.height} pixels and its image ${width} x ${height}: other proportions. ` +
        "Give masks that cover their whole image.",
    );
  }
  const data = new Uint16Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++)
      data[y * width + x] = mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)] as number;
  }
  return { width, height, data };
}

/** Whether a mask marks anything. */
export function marksAnything({ data }: InstanceMask): boolean {
  return data.some((object) => object !== 0);
}

/**
 * The outlines of what is marked as an SVG path along the edges of the pixels, in pixels of the mask: every side that a
 * marked pixel shares with an unmarked one or with the border, neighbouring sides joined.
 */
export function outlineOf({ width, height, data }: InstanceMask): string {
  const isMarked = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0;
  const horizontal = edges(height, width, (y, x) => isMarked(x, y) !== isMarked(x, y - 1));
  const vertical = edges(width, height, (x, y) => isMarked(x, y) !== isMarked(x - 1, y));
  return [
    ...horizontal.map(([y, from, to]) => `M${from} ${y}H${to}`),
    ...vertical.map(([x, from, to]) => `M${x} ${from}V${to}`),
  ].join("");
}

/** Runs [line, from, to] of sides on the lines 0 to `lines`, each of `length` sides. */
function edges(
  lines: number,
  length: number,
  isEdge: (line: number, place: number) => boolean,
): [line: number, from: number, to: number][] {
  const runs: [number, number, number][] = [];
  for (let line = 0; line <= lines; line++) {
    let from = -1;
    for (let place = 0; place <= length; place++) {
      const inside = place < length && isEdge(line, place);
      if (inside && from < 0) from = place;
      if (inside || from < 0) continue;
      runs.push([line, from, place]);
      from = -1;
    }
  }
  return runs;
}
