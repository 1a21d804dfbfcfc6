import type { ReviewSettings } from "./settings.ts";

/** Sizes in which tiles are asked for, device pixels: few, so that the server and the browser can keep them. */
const TILE_SIDES: readonly number[] = [96, 128, 192, 256, 384, 512, 768];

/** The smallest of the sizes that is sharp on a tile of so many CSS pixels. */
export function tileSide(cssPixels: number, devicePixelRatio: number): number {
  const needed = cssPixels * devicePixelRatio;
  return TILE_SIDES.find((side) => side >= needed) ?? TILE_SIDES.at(-1)!;
}

/** Address of a cell's image. `side`: longest side in pixels at most; null for the image as it is. */
export function imageAddress(cellId: number, side: number | null, window: ReviewSettings["window"]): string {
  const query = new URLSearchParams();
  if (side !== null) query.set("side", String(side));
  if (window !== null) {
    query.set("low", String(window.low));
    query.set("high", String(window.high));
  }
  const text = query.toString();
  return `/api/cells/${cellId}/image${text === "" ? "" : `?${text}`}`;
}
