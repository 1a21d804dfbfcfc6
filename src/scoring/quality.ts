import type { RasterImage } from "../images/raster.ts";

/**
 * What can be said of a cell's image beside its class. `blank`: there is nothing in it. `unfamiliar`: it is not of the
 * kind that the model was trained on, so that its probability means nothing: another stain, no cell, out of focus.
 */
export type ImageQuality = "ok" | "blank" | "unfamiliar" | "unreadable";

/** Grey levels between the darkest and the brightest pixel below which there is nothing to see. */
const BLANK_RANGE = 8;

/** `blank` where the whole image is of nearly one grey: an empty crop, a shut lamp. */
export function qualityOf({ data }: RasterImage): "ok" | "blank" {
  let [low, high] = [255, 0];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low < BLANK_RANGE ? "blank" : "ok";
}

/** The quality with what the model says of the image; null where the model has no check, or no threshold for it. */
export function qualityToModel(
  quality: "ok" | "blank",
  unfamiliarity: number | null,
  threshold: number | null,
): ImageQuality {
  const isUnfamiliar = unfamiliarity !== null && threshold !== null && unfamiliarity > threshold;
  return quality === "ok" && isUnfamiliar ? "unfamiliar" : quality;
}
