import type { AttentionMap } from "../engine/classifier-session.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import type { ImageQuality } from "./quality.ts";
import type { CellFailure, CellScore } from "./score-cells.ts";

/** What scoring adds to a cell's own columns; empty texts where there is no value. */
export interface ScoreColumns {
  /** Of the positive class, 0 to 1, with every digit that the network gave, so that nearly equal cells keep their order. */
  readonly probability: number | "";
  /** Class name: the positive one where the probability is at least the threshold. */
  readonly prediction: string;
  /** Where the attention is greatest, pixels of the original image from its left and upper edge. */
  readonly attention_x: number | "";
  readonly attention_y: number | "";
  /** The attention there, 0 to 1. */
  readonly attention_peak: number | "";
  readonly quality: ImageQuality;
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

/** How a probability becomes a call. */
export interface CallRule {
  /** Negative, positive. */
  readonly classes: ModelMetadata["classes"];
  readonly threshold: number;
}

/** Decimal digits that tell any two float32 numbers apart. */
const FLOAT32_DIGITS = 9;

/** The columns of a scored cell. */
export function scoreColumns(score: CellScore, { classes: [negative, positive], threshold }: CallRule): ScoreColumns {
  const probability = Number(score.probability.toPrecision(FLOAT32_DIGITS));
  const peak = peakOf(deepestMap(score.attention), score);
  return {
    probability,
    prediction: probability >= threshold ? positive : negative,
    attention_x: peak === null ? "" : rounded(peak.x, 1),
    attention_y: peak === null ? "" : rounded(peak.y, 1),
    attention_peak: peak === null ? "" : rounded(peak.value, 4),
    quality: score.quality,
    error: "",
  };
}

/** The columns of a cell whose image cannot be read. */
export function errorColumns({ code, message }: CellFailure): ScoreColumns {
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
function deepestMap(attention: CellScore["attention"]): AttentionMap | undefined {
  return Object.entries(attention)
    .sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }))
    .at(-1)?.[1];
}

function peakOf(map: AttentionMap | undefined, { width, height }: Pick<CellScore, "width" | "height">) {
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

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
