import type { AttentionMap } from "../engine/classifier-session.ts";

/** In how many orientations a cell can be looked at: as it is, with its mirror image, with both flips, in all eight. */
export type ViewCount = 1 | 2 | 4 | 8;

/** What a model says of one view. */
export interface ViewScore {
  /** Probability of the positive class, 0 to 1. */
  readonly probability: number;
  /** Two maps for the paper's network, by output name such as `attention_6`. */
  readonly attention: Readonly<Record<string, AttentionMap>>;
  /** Share of each place in the decision: positive values speak for the positive class; null for other networks. */
  readonly evidence: AttentionMap | null;
  /** How unlike the training cells the image is, about 1 for these; null where the model does not say. */
  readonly unfamiliarity: number | null;
}

/**
 * Row-major place in a square of `side` x `side` from which view `view` takes what it shows at row y and column x. Bit 0 of the view
 * mirrors left and right, bit 1 top and bottom, and bit 2 then swaps rows and columns: together the eight orientations of a square.
 */
function placeInImage(view: number, side: number, y: number, x: number): number {
  const across = view & 1 ? side - 1 - x : x;
  const down = view & 2 ? side - 1 - y : y;
  return view & 4 ? across * side + down : down * side + across;
}

/** The view of an image, uint8 [3, side, side]; view 0 is the image itself. */
export function viewOf(planes: Uint8Array, side: number, view: number): Uint8Array {
  if (view === 0) return planes;
  const area = side * side;
  const turned = new Uint8Array(planes.length);
  for (let y = 0, to = 0; y < side; y++)
    for (let x = 0; x < side; x++, to++) {
      const from = placeInImage(view, side, y, x);
      for (let start = 0; start < planes.length; start += area) turned[start + to] = planes[start + from] as number;
    }
  return turned;
}

/**
 * Means over the views of one cell, in the order of their numbers from 0; maps are turned back first, so that they lie on the image. The
 * maps of a network that is not quite symmetric (AlexNet's first convolution leaves a margin of one pixel at one side) fit to within
 * that margin.
 */
export function meanOfViews(scores: readonly ViewScore[]): ViewScore {
  const [first] = scores as readonly [ViewScore, ...ViewScore[]];
  if (scores.length === 1) return first;
  const mean = (value: (score: ViewScore) => number): number =>
    scores.reduce((sum, score) => sum + value(score), 0) / scores.length;
  const meanMap = (mapOf: (score: ViewScore) => AttentionMap | null | undefined): AttentionMap | null => {
    const maps = scores.map(mapOf);
    return maps.every((map) => map !== null && map !== undefined) ? meanOfTurnedBack(maps) : null;
  };
  const names = Object.keys(first.attention);
  return {
    probability: mean(({ probability }) => probability),
    attention: Object.fromEntries(
      names.map((name) => [name, meanMap(({ attention }) => attention[name]) as AttentionMap]),
    ),
    evidence: meanMap(({ evidence }) => evidence),
    unfamiliarity: first.unfamiliarity === null ? null : mean(({ unfamiliarity }) => unfamiliarity ?? Number.NaN),
  };
}

function meanOfTurnedBack(maps: readonly AttentionMap[]): AttentionMap {
  const [{ width, height }] = maps as readonly [AttentionMap, ...AttentionMap[]];
  const data = new Float32Array(width * height);
  for (const [view, map] of maps.entries())
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++, at++) {
        const place = placeInImage(view, width, y, x);
        data[place] = (data[place] as number) + (map.data[at] as number) / maps.length;
      }
  return { width, height, data };
}
