import { basename, dirname, extname, join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../core/files.ts";
import { readJsonFile } from "../core/json-file.ts";
import type { Evaluation } from "./evaluation.ts";
import { evaluationSummary } from "./evaluation-summary.ts";
import { summariseEvaluation } from "./summarise-evaluation.ts";

/** What was measured of one model file, beside it: numbers and curves, and what a reader must know of the cells. */
const measuredModel = z.object({
  /** Of the model that was measured: of another one the numbers say nothing. */
  modelSha256: z.string(),
  dataHash: z.string(),
  split: z.string(),
  version: z.string(),
  warnings: z.array(z.string()),
  measured: evaluationSummary,
});
export type MeasuredModel = z.infer<typeof measuredModel>;

/** An evaluation as `mn evaluate MODEL DATA` makes it. */
type EvaluationOfModel = Evaluation &
  Omit<MeasuredModel, "measured" | "warnings"> & { readonly warnings: readonly string[] };

/** Digits of curves and bins that are kept: far more than a plot shows. */
const DIGITS = 5;

/** `DIR/NAME.onnx` has its measurements in `DIR/NAME.evaluation.json`. */
function pathBeside(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath, extname(modelPath))}.evaluation.json`);
}

/** What lies beside a model file; null where there is nothing, or it is of another model. */
export async function readBesideModel(modelPath: string, sha256: string): Promise<MeasuredModel | null> {
  const found = await readJsonFile(pathBeside(modelPath), measuredModel);
  return found?.modelSha256 === sha256 ? found : null;
}

/** Writes what was measured beside the model; null, and nothing written, where only one class was measured. */
export async function writeBesideModel(modelPath: string, evaluation: EvaluationOfModel): Promise<string | null> {
  const measured = summariseEvaluation(evaluation);
  if (measured === null) return null;
  const { modelSha256, dataHash, split, version, warnings } = evaluation;
  const content: MeasuredModel = { modelSha256, dataHash, split, version, warnings: [...warnings], measured };
  const text = JSON.stringify(content, (_, value: unknown) =>
    typeof value === "number" ? Number(value.toFixed(DIGITS)) : value,
  );
  await writeFileAtomically(pathBeside(modelPath), `${text}\n`);
  return pathBeside(modelPath);
}
