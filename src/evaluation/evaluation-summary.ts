import { z } from "zod";

const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type Estimate = z.infer<typeof estimate>;

/** What a reader sees of an evaluation: measures with their 95 % intervals, and the points of the curves. */
export const evaluationSummary = z.object({
  cells: z.number(),
  positives: z.number(),
  auc: estimate,
  ap: estimate,
  f1: estimate,
  sensitivity: estimate,
  specificity: estimate,
  threshold: z.number(),
  /** [false positive share, sensitivity]. */
  roc: z.array(z.tuple([z.number(), z.number()])),
  /** Bins of predicted probability: mean prediction, observed share, cells. */
  reliability: z.array(z.object({ predicted: z.number(), observed: z.number(), cells: z.number() })),
  brier: z.number(),
});
export type EvaluationSummary = z.infer<typeof evaluationSummary>;
