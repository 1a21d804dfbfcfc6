import { z } from "zod";
import { evaluationSummary } from "../../evaluation/evaluation-summary.ts";
import { estimate } from "./results.ts";

/** Measured on cells that the training never saw. */
export const modelEvaluation = evaluationSummary;
export type ModelEvaluation = z.infer<typeof modelEvaluation>;

/** An installed model. `id` is the SHA-256 of its file. */
export const model = z.object({
  id: z.string(),
  name: z.string(),
  network: z.string(),
  /** Came with the software. */
  inBox: z.boolean(),
  /** New studies and uploads are scored with it. */
  inUse: z.boolean(),
  createdAt: z.string().nullable(),
  threshold: z.number(),
  calibrated: z.boolean(),
  trainedOn: z.string(),
  licences: z.array(z.string()),
  /** Model card, Markdown; null where there is none. */
  card: z.string().nullable(),
  /** Measured beside its file, or in its run; null where it was not. */
  evaluation: modelEvaluation.nullable(),
  /** What a reader must know of the cells of the evaluation before relying on it. */
  evaluationNotes: z.array(z.string()),
  /** Training curves, where it was trained here. */
  epochs: z.array(
    z.object({
      epoch: z.number(),
      trainingLoss: z.number(),
      validationLoss: z.number().nullable(),
      validationAuc: z.number().nullable(),
    }),
  ),
});
export type Model = z.infer<typeof model>;

/** Trains on cells that persons have labelled mn or normal; a part of the samples or fields is held out. */
export const newTraining = z.object({
  name: z.string().trim().min(1).max(60),
  studyIds: z.array(z.number()).min(1),
  epochs: z.number().int().min(1).max(200).default(15),
  /** Starts from this model's weights. */
  startFrom: z.string(),
  seed: z.number().int().min(0).default(1),
});
export type NewTraining = z.infer<typeof newTraining>;

/** How many labelled cells a training would have. */
export const trainingPlan = z.object({
  labelled: z.number(),
  positives: z.number(),
  groups: z.number(),
  /** Why it cannot be done, or null. */
  obstacle: z.string().nullable(),
});
export type TrainingPlan = z.infer<typeof trainingPlan>;

export const newComparison = z.object({
  modelIds: z.tuple([z.string(), z.string()]),
  studyIds: z.array(z.number()).min(1),
});
export type NewComparison = z.infer<typeof newComparison>;

/** Two models on the same cells, which neither was trained on. */
export const comparison = z.object({
  id: z.string(),
  cells: z.number(),
  positives: z.number(),
  models: z.tuple([
    z.object({ id: z.string(), name: z.string(), evaluation: modelEvaluation }),
    z.object({ id: z.string(), name: z.string(), evaluation: modelEvaluation }),
  ]),
  /** Second minus first. */
  aucDifference: estimate,
  /** DeLong. */
  aucPValue: z.number(),
  /** McNemar, of the calls. */
  callsPValue: z.number(),
});
export type Comparison = z.infer<typeof comparison>;

/** Puts a model in use. */
export const modelChoice = z.object({ modelId: z.string() });

export const studyChoice = z.object({ studyIds: z.array(z.number()).min(1) });
