import type { AttentionMap } from "../engine/classifier-session.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import type { RasterImage } from "../images/raster.ts";
import type { CellScore } from "./score-cells.ts";

/** What scoring adds to a cell's own columns; empty texts where there is no value. */
export interface ScoreColumns {
  readonly probability: number | "";
  /** Class name: the positive one where the probability is at least the model's operating point. */
  readonly prediction: string;
  /** Where the attention is greatest, pixels of the original image from its left and upper edge. */
  readonly attention_x: number | "";
  readonly attention_y: number | "";
  /** The attention there, 0 to 1. */
  readonly attention_peak: number | "";
  readonly quality: string;
  readonly error: string;
}

export const SCORE_COLUMNS = [
  "probability",
  "prediction",
  "attention_x",
  "attention_y",
  "attention_peak",
  "quality",
  "error",
] as const satisfies readonly (keyof ScoreColumns)[];

/** Grey levels between the darkest and the brightest pixel below which there is nothing to see. */
const BLANK_RANGE = 8;

/** The columns of a scored cell. */
export function scoreColumns({ probability, attention, image }: CellScore, metadata: ModelMetadata): ScoreColumns {
  const [negative, positive] = metadata.classes;
  const peak = peakOf(lastMap(attention), image);
  return {
    probability: rounded(probability, 6),
    prediction: probability >= metadata.operating_point.threshold ? positive : negative,
    attention_x: peak === null ? "" : rounded(peak.x, 1),
    attention_y: peak === null ? "" : rounded(peak.y, 1),
    attention_peak: peak === null ? "" : rounded(peak.value, 4),
    quality: isBlank(image) ? "blank" : "ok",
    error: "",
  };
}

/** The columns of a cell whose image cannot be read. */
export function errorColumns({ code, message }: { readonly code: string; readonly message: string }): ScoreColumns {
  return {
    probability: "",
    prediction: "",
    attention_x: "",
    attention_y: "",
    attention_peak: "",
    quality: "unreadable",
    error: `${code}: ${message}`,
  };
}

/** The map of the deepest tapped layer: it is the one that shows the micronucleus (Wei et al. 2022, figure 6). */
function lastMap(attention: CellScore["attention"]): AttentionMap | undefined {
  return Object.entries(attention)
    .sort(([one], [other]) => one.localeCompare(other))
    .at(-1)?.[1];
}

function peakOf(map: AttentionMap | undefined, { width, height }: RasterImage) {
  if (map === undefined) return null;
  let best = 0;
  map.data.forEach((value, index) => {
    if (value > (map.data[best] as number)) best = index;
  });
  const centre = (index: number, cells: number, pixels: number) => ((index + 0.5) * pixels) / cells;
  return {
    x: centre(best % map.width, map.width, width),
    y: centre(Math.floor(best / map.width), map.height, height),
    value: map.data[best] as number,
  };
}

function isBlank({ data }: RasterImage): boolean {
  let [low, high] = [255, 0];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low < BLANK_RANGE;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
