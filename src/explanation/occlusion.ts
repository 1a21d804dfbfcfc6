import type { AttentionMap } from "../engine/classifier-session.ts";
import type { RasterImage } from "../images/raster.ts";

/** How the probability changes while parts of the image are covered. */
export interface OcclusionResult {
  /** Probability of the image as it is. */
  readonly baseline: number;
  /** What covering the place around each point takes off the probability; negative where it adds to it. */
  readonly drops: AttentionMap;
  /** The place whose covering changes the probability most towards the other call, 0 to 1 from the left and the top. */
  readonly strongest: { readonly x: number; readonly y: number; readonly probability: number };
}

export interface OcclusionOptions {
  /** Places in each direction. */
  readonly places: number;
  /** Side of the covered square as a share of the image's. */
  readonly patch: number;
  /** Images that are asked about at once. */
  readonly batch: number;
}

/** 100 images, each place covered by squares that overlap by half: fine enough for a micronucleus, and about a second. */
export const OCCLUSION: OcclusionOptions = { places: 10, patch: 0.2, batch: 25 };

/**
 * Occlusion sensitivity (Zeiler and Fergus 2014): a square slides over the image, and the drop of the probability is
 * written where its middle lies. The square shows what surrounds it, the mean of its border, so that the covered thing
 * disappears and no new edge of grey or black looks like another.
 *
 * `probabilitiesOf`: of the positive class, for each image; from `threshold` on it is called positive.
 */
export async function occlude(
  image: RasterImage,
  probabilitiesOf: (images: readonly RasterImage[]) => Promise<ArrayLike<number>>,
  threshold: number,
  { places, patch, batch }: OcclusionOptions = OCCLUSION,
): Promise<OcclusionResult> {
  const baseline = (await probabilitiesOf([image]))[0] as number;
  const drops = new Float32Array(places * places);
  for (let from = 0; from < drops.length; from += batch) {
    const covered = Array.from({ length: Math.min(batch, drops.length - from) }, (_, index) => {
      const place = from + index;
      const [x, y] = [place % places, Math.floor(place / places)].map((at) => (at + 0.5) / places) as [number, number];
      return cover(image, x, y, patch);
    });
    const probabilities = await probabilitiesOf(covered);
    for (let index = 0; index < covered.length; index++)
      drops[from + index] = baseline - (probabilities[index] as number);
  }
  // Towards the other call: down for a positive one, up for a negative one.
  const sign = baseline >= threshold ? 1 : -1;
  const strongest = drops.reduce(
    (best, drop, place) => (sign * drop > sign * (drops[best] as number) ? place : best),
    0,
  );
  return {
    baseline,
    drops: { width: places, height: places, data: drops },
    strongest: {
      x: ((strongest % places) + 0.5) / places,
      y: (Math.floor(strongest / places) + 0.5) / places,
      probability: baseline - (drops[strongest] as number),
    },
  };
}

/** The image with a square, whose middle is at (x, y) as shares of the sides, filled with the mean of its border. */
export function cover(image: RasterImage, x: number, y: number, patch: number): RasterImage {
  const { width, height, channels } = image;
  const columns = span(x, patch, width);
  const rows = span(y, patch, height);
  const data = image.data.slice();
  for (let channel = 0; channel < channels; channel++) {
    const at = (column: number, row: number) => (row * width + column) * channels + channel;
    const fill = Math.round(borderMean(image, columns, rows, at));
    for (let row = rows.first; row <= rows.last; row++)
      for (let column = columns.first; column <= columns.last; column++) data[at(column, row)] = fill;
  }
  return { width, height, channels, data };
}

interface Span {
  readonly first: number;
  readonly last: number;
}

/** Pixels of one direction that a square covers, within the image. */
function span(middle: number, patch: number, size: number): Span {
  const first = Math.max(0, Math.round((middle - patch / 2) * size));
  return { first, last: Math.max(first, Math.min(size, Math.round((middle + patch / 2) * size)) - 1) };
}

function borderMean(
  image: RasterImage,
  columns: Span,
  rows: Span,
  at: (column: number, row: number) => number,
): number {
  let [sum, count] = [0, 0];
  const add = (column: number, row: number) => {
    sum += image.data[at(column, row)] as number;
    count++;
  };
  for (let column = columns.first; column <= columns.last; column++) {
    add(column, rows.first);
    add(column, rows.last);
  }
  for (let row = rows.first; row <= rows.last; row++) {
    add(columns.first, row);
    add(columns.last, row);
  }
  return sum / count;
}
