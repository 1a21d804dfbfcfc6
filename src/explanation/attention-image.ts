import type { AttentionMap } from "../engine/classifier-session.ts";
import type { RasterImage } from "../images/raster.ts";

/** The attention values that the two ends of the colour scale stand for. */
export interface ScaleRange {
  readonly low: number;
  readonly high: number;
}

/** Least and greatest value of a map; the colours of a map use all of it unless told otherwise. */
export function rangeOf({ data }: AttentionMap): ScaleRange {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/**
 * Bilinear upsampling with half-pixel centres and clamped borders, as the network's own (PyTorch's align_corners=false).
 *
 * map: [h, w]   result: [height, width], row-major
 */
export function upsampleMap({ height: h, width: w, data }: AttentionMap, width: number, height: number): Float32Array {
  const columns = tapsOf(w, width);
  const rows = tapsOf(h, height);
  const result = new Float32Array(width * height);
  rows.forEach((row, y) => {
    columns.forEach((column, x) => {
      const at = (r: number, c: number) => data[r * w + c] as number;
      const upper = at(row.low, column.low) * (1 - column.share) + at(row.low, column.high) * column.share;
      const lower = at(row.high, column.low) * (1 - column.share) + at(row.high, column.high) * column.share;
      result[y * width + x] = upper * (1 - row.share) + lower * row.share;
    });
  });
  return result;
}

function tapsOf(from: number, to: number): { low: number; high: number; share: number }[] {
  return Array.from({ length: to }, (_, index) => {
    const position = Math.max(0, ((index + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(position));
    return { low, high: Math.min(from - 1, low + 1), share: Math.min(1, position - low) };
  });
}

/** A map in the colours of `colourOf`, upsampled to a size. */
export function paintAttention(
  map: AttentionMap,
  width: number,
  height: number,
  { low, high }: ScaleRange = rangeOf(map),
): RasterImage {
  const data = new Uint8Array(3 * width * height);
  upsampleMap(map, width, height).forEach((value, pixel) => {
    data.set(colourOf(high > low ? (value - low) / (high - low) : 0), 3 * pixel);
  });
  return { width, height, channels: 3, data };
}

/** How much of an overlay is colour: 0 shows the cell alone, 1 the map alone. */
export const OVERLAY_OPACITY = 0.45;

/** The cell with its attention laid over it in colours (see `colourOf`), at the cell's size. */
export function overlayAttention(
  image: RasterImage,
  map: AttentionMap,
  { range = rangeOf(map), opacity = OVERLAY_OPACITY }: { readonly range?: ScaleRange; readonly opacity?: number } = {},
): RasterImage {
  const { width, height, channels } = image;
  const colours = paintAttention(map, width, height, range).data;
  const data = colours.map((colour, sample) => {
    const grey = image.data[channels === 1 ? Math.floor(sample / 3) : sample] as number;
    return Math.round(grey * (1 - opacity) + colour * opacity);
  });
  return { width, height, channels: 3, data };
}

/** Nine colours of "inferno" (Smith and van der Walt, matplotlib, CC0), evenly spaced: rising lightness, safe for colour-blind readers. */
const INFERNO: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
];

/** The colour of a share from 0 (dark) to 1 (light), interpolated linearly; red, green, blue in 0..255. */
export function colourOf(share: number): [number, number, number] {
  const position = Math.min(1, Math.max(0, share)) * (INFERNO.length - 1);
  const below = Math.min(INFERNO.length - 2, Math.floor(position));
  const [lower, upper] = [INFERNO[below], INFERNO[below + 1]];
  const mix = (channel: 0 | 1 | 2) => {
    const [from, to] = [lower?.[channel] ?? 0, upper?.[channel] ?? 0];
    return Math.round(from + (to - from) * (position - below));
  };
  return [mix(0), mix(1), mix(2)];
}

/**
 * Every map of a cell that is worth a look, by name: first the part of the evidence that speaks for the positive class
 * (negative values, which speak against it, become 0), then the attention maps.
 */
export function mapsToShow(cell: {
  readonly attention: Readonly<Record<string, AttentionMap>>;
  readonly evidence: AttentionMap | null;
}): Record<string, AttentionMap> {
  const { attention, evidence } = cell;
  if (evidence === null) return { ...attention };
  const inFavour = evidence.data.map((value) => Math.max(0, value));
  return { evidence: { ...evidence, data: inFavour }, ...attention };
}
