import { RandomStream } from "../core/random.ts";
import type { Cell } from "../dataset/cell.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { chooseOperatingPoint, type OperatingPoint, type OperatingPointRule } from "../evaluation/operating-point.ts";
import {
  applyCalibration,
  type Calibration,
  type CalibrationChoice,
  chooseCalibration,
} from "../evaluation/recalibration-choice.ts";
import { encodeModel, type WeighedNetwork } from "../networks/model-file.ts";
import { type FamiliarityStatistics, unfamiliarityOf } from "../networks/unfamiliarity.ts";
import { drawEvenly, FAMILIAR_CELLS, familiarThreshold, fitFamiliarity } from "./familiarity.ts";
import { type MeasuringOptions, measureCells } from "./measure-cells.ts";

/** What a model does on cells that it was not trained on, at their natural distribution. */
export interface RunEvaluation {
  readonly operatingPoint: OperatingPoint;
  /** Of the cells that chose the calibration and the operating point, so on the bright side. */
  readonly validation: Evaluation;
  /** Of cells that nothing was chosen on; null where the data has no `test` split. */
  readonly test: Evaluation | null;
}

export interface CompletionRequest {
  readonly weighed: WeighedNetwork;
  /** What is known of the model so far. */
  readonly metadata: ModelMetadata;
  /** Statistics that it has already; kept where too few training cells are given. */
  readonly familiarity: FamiliarityStatistics | null;
  readonly training: readonly Cell[];
  readonly validation: readonly Cell[];
  readonly test: readonly Cell[];
  readonly positiveClass: string;
  /** Column whose values, such as sources, count alike in what is familiar and in a balanced operating point; null: every cell does. */
  readonly balanceWithin: string | null;
  readonly calibrate: CalibrationChoice;
  readonly operatingPoint: OperatingPointRule;
  readonly seed: number;
  readonly measuring: Omit<MeasuringOptions, "stage">;
  readonly message: (text: string) => void;
}

export interface CompletedModel {
  /** The ONNX file. */
  readonly model: Uint8Array;
  readonly metadata: ModelMetadata;
  readonly evaluation: RunEvaluation;
  /** Calibrated probabilities of the validation and of the test cells, in their order. */
  readonly probabilities: { readonly validation: Float64Array; readonly test: Float64Array | null };
}

/** Bootstrap resamples of the intervals. */
const RESAMPLES = 1000;
/** Share of the validation cells that count as familiar: flagged cells are not counted unseen, so it flags few. */
const FAMILIAR_SHARE = 0.99;

/**
 * Makes a trained network a model that may be used: fits its probabilities and what is familiar to it, chooses its
 * operating point, measures it, and writes all of that into one ONNX file.
 *
 * All of it happens on validation cells as they are. The balanced and augmented validation set that chose the epoch has
 * another share of positives, so that a probability fitted to it would say one half where one in twenty is true; and
 * copies of one cell would count as many. What a probability says holds at the validation cells' share of positives.
 *
 * Throws TRAINING_IMAGE_UNREADABLE, SINGLE_CLASS and what chooseOperatingPoint throws.
 */
export async function completeModel(request: CompletionRequest): Promise<CompletedModel> {
  const { weighed, validation, test, positiveClass, message, seed } = request;
  const fitted = await familiarityOf(request);
  const measured = await measureValidation(request, fitted ?? request.familiarity);
  const positives = validation.map(({ label }) => label === positiveClass);
  const groups = validation.map(({ field }) => field ?? null);
  const chosen = chooseCalibration({ logits: measured.logits, positives, groups }, request.calibrate);
  if (chosen.message !== null) message(chosen.message);
  const probabilities = {
    validation: probabilitiesOf(measured.logits, chosen.calibration),
    test: test.length === 0 ? null : probabilitiesOf(await logitsOf(request, test), chosen.calibration),
  };
  const parts = validation.map(partIn(request.balanceWithin));
  const operatingPoint = chooseOperatingPoint(probabilities.validation, positives, request.operatingPoint, parts);
  const evaluate = (cells: readonly Cell[], scores: Float64Array, name: string): Evaluation =>
    evaluateScores({
      scores,
      positives: cells.map(({ label }) => label === positiveClass),
      groups: cells.map(({ field }) => field ?? null),
      groupedBy: "field",
      threshold: operatingPoint.threshold,
      thresholdSource: `${operatingPoint.rule.rule} on ${validation.length} validation cells`,
      stream: new RandomStream(seed).fork(`intervals of ${name}`),
      resamples: RESAMPLES,
    });
  const evaluation: RunEvaluation = {
    operatingPoint,
    validation: evaluate(validation, probabilities.validation, "validation"),
    test: probabilities.test === null ? null : evaluate(test, probabilities.test, "test"),
  };
  const metadata: ModelMetadata = {
    ...withMeasurements(request, evaluation),
    calibration: describeCalibration(chosen.calibration, evaluation.validation, chosen.measured),
    ...unfamiliarityMetadata(request, fitted, measured.unfamiliarities),
  };
  const familiarity = fitted ?? request.familiarity;
  return { model: encodeModel({ ...weighed, metadata, familiarity }), metadata, evaluation, probabilities };
}

/** Statistics of training cells, as many of every part as can be; null where there are too few. */
async function familiarityOf(request: CompletionRequest): Promise<FamiliarityStatistics | null> {
  const { training, validation, weighed, measuring, message, seed } = request;
  if (Math.min(training.length, validation.length) < FAMILIAR_CELLS.least) {
    message(
      `Images of another kind cannot be told by ${training.length} training and ${validation.length} validation cells ` +
        `(at least ${FAMILIAR_CELLS.least} each); ${request.familiarity === null ? "the model has no check for them" : "the check stays as it was"}.`,
    );
    return null;
  }
  const stream = new RandomStream(seed).fork("familiar cells");
  const drawn = drawEvenly(stream.shuffle([...training]), partIn(request.balanceWithin), FAMILIAR_CELLS.most);
  const features: Float32Array[] = [];
  for await (const cell of measureCells(weighed, drawn, { ...measuring, stage: "Learning what is familiar" }))
    features.push(cell.features.slice());
  return fitFamiliarity(features, stream.fork("components"));
}

async function measureValidation(
  { weighed, validation, measuring }: CompletionRequest,
  familiarity: FamiliarityStatistics | null,
): Promise<{ logits: Float64Array; unfamiliarities: number[] }> {
  const logits: number[] = [];
  const unfamiliarities: number[] = [];
  for await (const cell of measureCells(weighed, validation, { ...measuring, stage: "Validation cells" })) {
    logits.push(cell.logit);
    if (familiarity !== null) unfamiliarities.push(unfamiliarityOf(cell.features, familiarity));
  }
  return { logits: Float64Array.from(logits), unfamiliarities };
}

async function logitsOf({ weighed, measuring }: CompletionRequest, cells: readonly Cell[]): Promise<Float64Array> {
  const logits: number[] = [];
  for await (const { logit } of measureCells(weighed, cells, { ...measuring, stage: "Test cells" })) logits.push(logit);
  return Float64Array.from(logits);
}

/** As the model will give them: float32. */
function probabilitiesOf(logits: Float64Array, calibration: Calibration): Float64Array {
  return logits.map((logit) => Math.fround(applyCalibration(calibration, logit)));
}

function describeCalibration(
  calibration: Calibration,
  { cells, positives }: Evaluation,
  measured: ModelMetadata["calibration"]["measured"],
): ModelMetadata["calibration"] {
  return {
    method: calibration.method,
    temperature: calibration.method === "temperature" ? calibration.temperature : 1,
    ...(calibration.method === "isotonic" ? { curve: calibration.curve } : {}),
    fitted_on: `${cells} validation cells, ${positives} of them positive, each as it is`,
    cells,
    positives,
    measured,
  };
}

/** The value that a cell has in a column; the same for all where none is named. */
function partIn(column: string | null): (cell: Cell) => string {
  return ({ columns }) => (column === null ? "" : (columns[column] ?? ""));
}

/** In words: each value of the column counts the same. */
function everyAlike(column: string | null): string {
  return column === null ? "" : `, every ${column} alike`;
}

function unfamiliarityMetadata(
  { training, validation, balanceWithin }: CompletionRequest,
  fitted: FamiliarityStatistics | null,
  values: readonly number[],
): Pick<ModelMetadata, "unfamiliarity"> {
  if (fitted === null) return {};
  const alike = everyAlike(balanceWithin);
  return {
    unfamiliarity: {
      threshold: familiarThreshold(values, validation.map(partIn(balanceWithin)), FAMILIAR_SHARE),
      quantile: FAMILIAR_SHARE,
      fitted_on: `at most ${FAMILIAR_CELLS.most} of ${training.length} training cells${alike}`,
      chosen_on: `${values.length} validation cells${alike}`,
    },
  };
}

function withMeasurements(
  { metadata, balanceWithin }: CompletionRequest,
  { operatingPoint, validation, test }: RunEvaluation,
): ModelMetadata {
  const { threshold, rule } = operatingPoint;
  const alike = rule.rule === "balanced-accuracy" ? everyAlike(balanceWithin) : "";
  const chosenOn = `${validation.cells} validation cells, ${validation.positives} of them positive${alike}`;
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
