import { z } from "zod";
import { progress, studyKind } from "./studies.ts";

export const interval = z.object({ low: z.number(), high: z.number() });
/** A number with its interval. */
export const estimate = z.object({ value: z.number(), low: z.number(), high: z.number() });
export type Estimate = z.infer<typeof estimate>;

export const sampleResult = z.object({
  id: z.number(),
  name: z.string(),
  code: z.string(),
  role: z.string().nullable(),
  dose: z.number().nullable(),
  doseUnit: z.string().nullable(),
  excluded: z.string().nullable(),
  progress,
  bnCells: z.number(),
  mnbnCells: z.number(),
  confirmedMn: z.number(),
  automaticPositive: z.number(),
  /** Cells with micronuclei in 1,000 binucleated cells. */
  frequencyPerThousand: estimate.nullable(),
  /** The same, corrected for the model's errors as the audit samples measured them. */
  correctedPerThousand: estimate.nullable(),
  micronuclei: z.number().nullable(),
  dispersionIndex: z.number().nullable(),
  cbpi: z.number().nullable(),
  /** Estimated dose in gray, or why there is none. */
  dose95: z.union([estimate, z.object({ missing: z.string() })]).nullable(),
});
export type SampleResult = z.infer<typeof sampleResult>;

export const agreementPair = z.object({
  readers: z.tuple([z.string(), z.string()]),
  cells: z.number(),
  /** Rows: first reader positive, negative; columns: second reader. */
  table: z.tuple([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number()])]),
  observed: z.number(),
  kappa: estimate.nullable(),
  pabak: z.number(),
  ac1: estimate.nullable(),
});
export type AgreementPair = z.infer<typeof agreementPair>;

export const studyResult = z.object({
  studyId: z.number(),
  kind: studyKind,
  level: z.number(),
  samples: z.array(sampleResult),
  /** Sensitivity and specificity of the calls in use, from the random audit samples; null before there are any. */
  audit: z.object({ cells: z.number(), sensitivity: estimate.nullable(), specificity: estimate.nullable() }).nullable(),
  agreement: z.array(agreementPair),
  disagreements: z.object({ cells: z.number(), adjudicated: z.number() }),
  /** Concentrations of a genotoxicity study, and the verdict in words. */
  groups: z.array(
    z.object({
      dose: z.number(),
      doseUnit: z.string().nullable(),
      frequencyPerThousand: estimate,
      pValue: z.number().nullable(),
    }),
  ),
  verdict: z.object({ title: z.string(), text: z.string() }).nullable(),
  /** The dose-response curve in use: y = c + alpha D + beta D^2, micronuclei a cell over gray. */
  curve: z
    .object({ c: z.number(), alpha: z.number(), beta: z.number(), source: z.string(), maximumGray: z.number() })
    .nullable(),
  curveMissing: z.string().nullable(),
});
export type StudyResult = z.infer<typeof studyResult>;
