import { z } from "zod";

/** What was kept whole when labelled cells were divided into training and held-out ones, the coarsest first. */
export const UNITS = ["sample", "slide", "field"] as const;
export type Unit = (typeof UNITS)[number];

/** What is remembered of a training on labelled cells, beside the run's own files. */
export const trainingRecord = z.object({
  name: z.string(),
  studyIds: z.array(z.number()),
  /** SHA-256 of the model that gave the first weights, and its name. */
  startFrom: z.object({ id: z.string(), name: z.string() }),
  by: z.string(),
  at: z.string(),
  groupedBy: z.enum(UNITS),
  labelled: z.number(),
  positives: z.number(),
  /** Pictures (SHA-256) that this model, or one that it started from, was trained or validated on. */
  seen: z.array(z.string()),
  /** Pictures that were held out. No later training of this workspace sees them, so that models stay comparable. */
  heldOut: z.array(z.string()),
});
export type TrainingRecord = z.infer<typeof trainingRecord>;
