import { z } from "zod";

/** One epoch of a training under way, as in history.csv. */
export const epoch = z.object({
  epoch: z.number(),
  learningRate: z.number(),
  trainingLoss: z.number(),
  validationLoss: z.number().nullable(),
  validationAuc: z.number().nullable(),
  imagesPerSecond: z.number(),
  kept: z.boolean(),
});
export type Epoch = z.infer<typeof epoch>;

export const jobKind = z.enum(["score", "train", "compare"]);
export type JobKind = z.infer<typeof jobKind>;

/** Work that takes long: one at a time, the others wait. A restarted server takes up scorings where they stopped. */
export const job = z.object({
  id: z.string(),
  kind: jobKind,
  /** What it is about, for a list: "Score Study 7 with micronuclei-fluorescence". */
  title: z.string(),
  studyId: z.number().nullable(),
  state: z.enum(["waiting", "running", "finished", "stopped", "failed"]),
  /** What is being done now: "Importing", "Scoring", "Epoch 3 of 15". */
  stage: z.string(),
  done: z.number(),
  total: z.number(),
  detail: z.string(),
  secondsLeft: z.number().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  startedBy: z.string(),
  /** Cells or files that could not be read: listed, not dropped. */
  unreadable: z.number(),
  failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** Of a training: its epochs so far. */
  epochs: z.array(epoch),
  /** Of a finished training: the new model. */
  modelId: z.string().nullable(),
  /** Of a finished comparison. */
  comparisonId: z.string().nullable(),
});
export type Job = z.infer<typeof job>;

/** What answers a request that began a job. */
export const jobStarted = z.object({ job });
