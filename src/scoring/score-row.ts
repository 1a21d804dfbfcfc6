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
  /** Where the evidence for the positive class is greatest, pixels as for the attention; empty where the model has none. */
  readonly evidence_x: number | "";
  readonly evidence_y: number | "";
  readonly quality: ImageQuality;
  readonly error: string;
}

export const SCORE_COLUMNS = [
  "probability",
  "prediction",
  "attention_x",
  "attention_y",
  "attention_peak",
  "evidence_x",
  "evidence_y",
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
  const attention = peakOf(deepestMap(score.attention), score);
  const evidence = peakOf(score.evidence, score);
  return {
    probability,
    prediction: probability >= threshold ? positive : negative,
    attention_x: attention === null ? "" : rounded(attention.x, 1),
    attention_y: attention === null ? "" : rounded(attention.y, 1),
    attention_peak: attention === null ? "" : rounded(attention.value, 4),
    evidence_x: evidence === null ? "" : rounded(evidence.x, 1),
    evidence_y: evidence === null ? "" : rounded(evidence.y, 1),
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
    evidence_x: "",
    evidence_y: "",
    quality: "unreadable",
    error: `${code}: ${message}`,
  };
}

/** The map of the deepest tapped layer: the one that Wei et al. 2022 read (figure 6). */
function deepestMap(attention: CellScore["attention"]): AttentionMap | null {
  const rising = Object.entries(attention).sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  return rising.at(-1)?.[1] ?? null;
}

function peakOf(map: AttentionMap | null, { width, height }: Pick<CellScore, "width" | "height">) {
  if (map === null) return null;
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
