import { z } from "zod";

export const studyKind = z.enum(["frequency", "biodosimetry", "genotoxicity"]);

/** How far the work on some cells is. */
export const progress = z.object({
  cells: z.number(),
  duplicates: z.number(),
  scored: z.number(),
  unreadable: z.number(),
  flagged: z.number(),
  calledPositive: z.number(),
  /** Cells with a person's label. */
  reviewed: z.number(),
  /** Called positive with a person's label. */
  positiveReviewed: z.number(),
});
export type Progress = z.infer<typeof progress>;

export const slide = z.object({ id: z.number(), name: z.string(), sampleId: z.number(), progress });
export type Slide = z.infer<typeof slide>;

/** For a blinded reader `name` is the code, and role, donor, treatment and dose are null. */
export const sample = z.object({
  id: z.number(),
  name: z.string(),
  code: z.string(),
  role: z.string().nullable(),
  donor: z.string().nullable(),
  treatment: z.string().nullable(),
  dose: z.number().nullable(),
  doseUnit: z.string().nullable(),
  excluded: z.string().nullable(),
  progress,
  slides: z.array(slide),
});
export type Sample = z.infer<typeof sample>;

/** empty: no cells; unscored: cells without predictions; scoring: a job runs; reviewing; reviewed: every positive call was seen. */
export const studyState = z.enum(["empty", "unscored", "scoring", "reviewing", "reviewed"]);

export const studySummary = z.object({
  id: z.number(),
  name: z.string(),
  title: z.string(),
  kind: studyKind,
  createdAt: z.string(),
  state: studyState,
  samples: z.number(),
  slides: z.number(),
  progress,
  /** The model in use, and its threshold; null before the first scoring. */
  scoring: z.object({ id: z.number(), modelId: z.string(), model: z.string(), threshold: z.number() }).nullable(),
  /** The job that works on it now. */
  jobId: z.string().nullable(),
});
export type StudySummary = z.infer<typeof studySummary>;

export const study = studySummary.extend({ sampleList: z.array(sample) });
export type Study = z.infer<typeof study>;

export const newStudy = z.object({
  name: z.string().trim().min(1).max(100),
  title: z.string().trim().max(200).default(""),
  kind: studyKind.default("frequency"),
});
export type NewStudy = z.infer<typeof newStudy>;

/** Images brought by the browser: first an upload, then its files one by one, then `finish`, which imports and scores them. */
export const upload = z.object({ id: z.string(), studyId: z.number(), files: z.number(), bytes: z.number() });
export type Upload = z.infer<typeof upload>;

export const finishUpload = z.object({
  sample: z.string().trim().min(1).max(100),
  slide: z.string().trim().min(1).max(100).default("1"),
});
export type FinishUpload = z.infer<typeof finishUpload>;

/** Path of a file as the browser has it, such as `slide 1/cell-7.png`; its bytes are the request's body. */
export const uploadedFile = z.object({ name: z.string().min(1).max(2_000) });

/** Scores a study's cells. With a model: all of them, and its predictions then become those that count. */
export const newScoring = z.object({ modelId: z.string().optional() }).nullish();
