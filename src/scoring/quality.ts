import type { RasterImage } from "../images/raster.ts";

/** What can be said of a cell's image before any model looks at it. */
export type ImageQuality = "ok" | "blank" | "unreadable";

/** Grey levels between the darkest and the brightest pixel below which there is nothing to see. */
const BLANK_RANGE = 8;

/** `blank` where the whole image is of nearly one grey: an empty crop, a shut lamp. */
export function qualityOf({ data }: RasterImage): ImageQuality {
  let [low, high] = [255, 0];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low < BLANK_RANGE ? "blank" : "ok";
}
