import { z } from "zod";
import { label } from "./cells.ts";

/** A map over a cell's image, to be laid over it. `url` answers a PNG with alpha, of the map's own size or larger. */
export const cellMap = z.object({
  /** `evidence`, `layer6`, `layer5`, ... or `occlusion`. */
  name: z.string(),
  title: z.string(),
  url: z.string(),
  /** Place of the greatest value, 0 to 1 from the left and from the top, and the value. */
  peak: z.object({ x: z.number(), y: z.number(), value: z.number() }).nullable(),
  minimum: z.number(),
  maximum: z.number(),
});
export type CellMap = z.infer<typeof cellMap>;

export const explanation = z.object({
  cellId: z.number(),
  probability: z.number().nullable(),
  threshold: z.number().nullable(),
  quality: z.string().nullable(),
  error: z.string().nullable(),
  /** Size of the image file in pixels, bits of a channel, and whether it is grey. */
  image: z.object({ width: z.number(), height: z.number(), bits: z.number(), grey: z.boolean() }).nullable(),
  maps: z.array(cellMap),
  /** Everything that was said of the cell, oldest first; own labels only for a blinded reader. */
  labels: z.array(label.extend({ withdrawn: z.boolean() })),
});
export type Explanation = z.infer<typeof explanation>;

/** The probability with parts of the image covered: `drop` is what covering a place takes off the probability. */
export const occlusion = z.object({
  map: cellMap,
  baseline: z.number(),
  /** What the decision becomes when the place that matters most is covered. */
  strongest: z.object({ x: z.number(), y: z.number(), probability: z.number() }),
});
export type Occlusion = z.infer<typeof occlusion>;

/** Labelled cells that look most alike to the network: cosine similarity of their pooled features. */
export const similarCells = z.object({
  cells: z.array(z.object({ cellId: z.number(), similarity: z.number(), sample: z.string(), label })),
  /** Labelled cells that were compared. */
  compared: z.number(),
});
export type SimilarCells = z.infer<typeof similarCells>;

/** A map's picture: its side, pixels, and what the address in `url` says of the model. */
export const mapQuery = z.object({ side: z.coerce.number().int().min(16).max(1024), v: z.string().max(60) }).partial();
