import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { collectGarbage } from "../core/garbage.ts";
import type { Cell, Split } from "../dataset/cell.ts";
import { decodeModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx, storedFloats } from "../engine/onnx-file.ts";
import { completeModel, type RunEvaluation } from "./finish.ts";
import type { TrainingRequest } from "./request.ts";
import { RUN_FILES, writeRunFile } from "./run-folder.ts";

/** Completes the kept model of a run, and writes it with its evaluation and the scores of validation and test cells. */
export async function finishRun(request: TrainingRequest): Promise<RunEvaluation> {
  const { dataset, runFolder, settings, session, reportProgress, message } = request;
  const { weights, metadata } = await readKeptModel(runFolder);
  collectGarbage("major");
  const ofSplit = (wanted: Split): Cell[] => dataset.cells.filter(({ split }) => split === wanted);
  const [validation, test] = [ofSplit("val"), ofSplit("test")];
  const { model, evaluation, probabilities } = await completeModel({
    weighed: { ...settings, weights },
    metadata,
    familiarity: null,
    ...{ training: ofSplit("train"), validation, test },
    positiveClass: dataset.positiveClass,
    balanceWithin: settings.balanceWithin,
    calibrate: request.calibrate ?? "auto",
    operatingPoint: request.operatingPoint,
    seed: settings.seed,
    measuring: { session, reportProgress },
    message,
  });
  await writeScores(runFolder, RUN_FILES.validationScores, validation, probabilities.validation);
  if (probabilities.test !== null) await writeScores(runFolder, RUN_FILES.testScores, test, probabilities.test);
  await writeRunFile(runFolder, RUN_FILES.evaluation, `${JSON.stringify(evaluation, null, 2)}\n`);
  await writeRunFile(runFolder, RUN_FILES.model, model);
  return evaluation;
}

/** The numbers and the metadata of a run's model; its bytes can go. */
async function readKeptModel(runFolder: string) {
  const kept = decodeOnnx(await readFile(join(runFolder, RUN_FILES.model)));
  return { weights: storedFloats(kept), metadata: decodeModelMetadata(kept.metadata) };
}

/** Every cell with its columns and its probability, for `mn evaluate --scores` and for pooling the folds of a cross-validation. */
async function writeScores(folder: string, name: string, cells: readonly Cell[], scores: Float64Array): Promise<void> {
  const rows = cells.map((cell, index) => ({ ...cell.columns, label: cell.label, probability: scores[index] }));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  await writeRunFile(folder, name, stringify(rows, { header: true, columns }));
}
