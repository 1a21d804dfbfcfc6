import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { RandomStream } from "../core/random.ts";
import type { Cell } from "../dataset/cell.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { decodeModelMetadata } from "../engine/model-metadata.ts";
import { decodeOnnx, storedFloats } from "../engine/onnx-file.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { chooseOperatingPoint, type OperatingPoint, type OperatingPointRule } from "../evaluation/operating-point.ts";
import { encodeModel } from "../networks/model-file.ts";
import { classifyImages, type TrainingThreads } from "./batches.ts";
import { storeImages } from "./image-store.ts";
import { RUN_FILES, writeRunFile } from "./run-folder.ts";
import type { TrainingRequest } from "./train.ts";

/** What the kept model does on cells that it was not trained on, at their natural distribution. */
export interface RunEvaluation {
  readonly operatingPoint: OperatingPoint;
  /** Of the cells that chose the epoch and the operating point, so on the bright side. */
  readonly validation: Evaluation;
  /** Of cells that nothing was chosen on; null where the data has no `test` split. */
  readonly test: Evaluation | null;
}

/** Bootstrap resamples of the intervals in evaluation.json. */
const RESAMPLES = 1000;

/**
 * Chooses the operating point on the natural validation cells, measures the kept model on them and on the test cells,
 * and writes both into evaluation.json and the model's metadata.
 */
export async function finishRun(
  request: TrainingRequest,
  threads: TrainingThreads,
  rule: OperatingPointRule,
): Promise<RunEvaluation> {
  const { dataset, runFolder, settings } = request;
  const kept = decodeOnnx(await readFile(join(runFolder, RUN_FILES.model)));
  const weights = storedFloats(kept);
  const encode = (metadata: ModelMetadata) =>
    encodeModel({ network: settings.network, weights, storage: settings.storage, metadata, side: settings.side });
  const metadata = decodeModelMetadata(kept.metadata);
  // What is measured is what is delivered: the weights as they will be stored.
  const model = encode(metadata);
  const probabilitiesOf = async (cells: readonly Cell[]): Promise<Float64Array> => {
    await threads.preparation.call("unload", null);
    const store = { path: join(runFolder, RUN_FILES.decodedImages), side: settings.side };
    await threads.preparation.call("load", await storeImages(cells, store, request.reportProgress));
    const whole = cells.map((_, index) => ({ index, augmentation: null }));
    return (await classifyImages(threads, model, whole, settings.side)).probabilities;
  };
  const validation = dataset.cells.filter(({ split }) => split === "val");
  const scores = await probabilitiesOf(validation);
  const isPositive = ({ label }: Cell) => label === dataset.positiveClass;
  const operatingPoint = chooseOperatingPoint(scores, validation.map(isPositive), rule);
  const evaluate = (cells: readonly Cell[], cellScores: Float64Array, name: string): Evaluation =>
    evaluateScores({
      scores: cellScores,
      positives: cells.map(isPositive),
      groups: cells.map(({ field }) => field ?? null),
      groupedBy: "field",
      threshold: operatingPoint.threshold,
      thresholdSource: `${rule.rule} on ${validation.length} validation cells`,
      stream: new RandomStream(settings.seed).fork(`intervals of ${name}`),
      resamples: RESAMPLES,
    });
  await writeScores(runFolder, RUN_FILES.validationScores, validation, scores);
  const test = dataset.cells.filter(({ split }) => split === "test");
  const testScores = test.length === 0 ? null : await probabilitiesOf(test);
  if (testScores !== null) await writeScores(runFolder, RUN_FILES.testScores, test, testScores);
  const outcome: RunEvaluation = {
    operatingPoint,
    validation: evaluate(validation, scores, "validation"),
    test: testScores === null ? null : evaluate(test, testScores, "test"),
  };
  await writeRunFile(runFolder, RUN_FILES.evaluation, `${JSON.stringify(outcome, null, 2)}\n`);
  await writeRunFile(runFolder, RUN_FILES.model, encode(withMeasurements(metadata, outcome)));
  return outcome;
}

/** Every cell with its columns and its probability, for `mn evaluate --scores` and for pooling the folds of a cross-validation. */
async function writeScores(folder: string, name: string, cells: readonly Cell[], scores: Float64Array): Promise<void> {
  const rows = cells.map((cell, index) => ({ ...cell.columns, label: cell.label, probability: scores[index] }));
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  await writeRunFile(folder, name, stringify(rows, { header: true, columns }));
}

function withMeasurements(metadata: ModelMetadata, { operatingPoint, validation, test }: RunEvaluation): ModelMetadata {
  const { threshold, rule } = operatingPoint;
  const chosenOn = `${validation.cells} validation cells, ${validation.positives} of them positive`;
  return {
    ...metadata,
    operating_point: { threshold, rule: rule.rule, chosen_on: chosenOn },
    metrics: { ...metricsOf("validation", validation), ...(test === null ? {} : metricsOf("test", test)) },
  };
}

function metricsOf(split: string, evaluation: Evaluation): ModelMetadata["metrics"] {
  const names = ["auc", "ap", "f1", "sensitivity", "specificity"] as const;
  const entries = names.flatMap((name) => [
    [`${split}_${name}`, evaluation[name]] as const,
    [`${split}_${name}_ci95`, evaluation[`${name}_ci95`] as [number, number] | null] as const,
  ]);
  return {
    [`${split}_cells`]: evaluation.cells,
    [`${split}_positives`]: evaluation.positives,
    ...Object.fromEntries(entries),
  };
}
