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

/** How much of the overlay is colour: 0 shows the cell alone, 1 the map alone. */
const DEFAULT_OPACITY = 0.45;

/** The cell with its attention laid over it in colours (see `colourOf`), at the cell's size. */
export function overlayAttention(
  image: RasterImage,
  map: AttentionMap,
  options: { readonly range?: ScaleRange; readonly opacity?: number } = {},
): RasterImage {
  const { width, height, channels, data } = image;
  const { low, high } = options.range ?? rangeOf(map);
  const opacity = options.opacity ?? DEFAULT_OPACITY;
  const attention = upsampleMap(map, width, height);
  const overlaid = new Uint8Array(3 * width * height);
  attention.forEach((value, pixel) => {
    const colour = colourOf(high > low ? (value - low) / (high - low) : 0);
    for (let channel = 0; channel < 3; channel++) {
      const grey = data[channels === 1 ? pixel : 3 * pixel + channel] as number;
      overlaid[3 * pixel + channel] = Math.round(grey * (1 - opacity) + (colour[channel] as number) * opacity);
    }
  });
  return { width, height, channels: 3, data: overlaid };
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
