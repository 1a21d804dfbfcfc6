import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../core/json-file.ts";
import { type MeasuredModel, readBesideModel } from "../evaluation/beside-model.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { summariseEvaluation } from "../evaluation/summarise-evaluation.ts";
import { readHistory } from "../training/history.ts";
import { RUN_FILES } from "../training/run-folder.ts";
import type { Model, ModelEvaluation } from "./api/models.ts";
import type { Estimate } from "./api/results.ts";
import type { ShelfModel } from "./model-shelf.ts";
import type { TrainingRecord } from "./training-record.ts";

/** A model's card, Markdown, in the folder of its file. */
export const CARD_FILE = "README.md";

const CHOSEN_ON_THEM =
  "These cells chose the model's epoch and operating point, so the numbers are on the bright side.";

/** Of evaluation.json only what is needed is looked at: the file is ours. */
const runEvaluation = z.object({ validation: z.custom<Evaluation>(), test: z.custom<Evaluation>().nullable() });

/** Everything that the browser shows of a model. */
export async function describeModel(model: ShelfModel, inUse: boolean): Promise<Model> {
  const { id, name, inBox, metadata, training, writtenAt } = model;
  const folder = dirname(model.path);
  // The box's folder has the same names for other things: no run made it here.
  const run = inBox ? null : await readJsonFile(join(folder, RUN_FILES.evaluation), runEvaluation);
  const beside = await readBesideModel(model.path, id);
  const history = inBox ? [] : await readHistory(folder, Number.POSITIVE_INFINITY);
  return {
    id,
    name,
    inBox,
    inUse,
    network: metadata.network.name,
    createdAt: training?.at ?? writtenAt,
    threshold: metadata.operating_point.threshold,
    calibrated: metadata.calibration.method !== "none",
    trainedOn: describeTraining(training, metadata.metrics.validation_cells),
    licences: metadata.licences,
    card: await readFile(join(folder, CARD_FILE), "utf8").catch(() => null),
    ...shownEvaluation(beside, run),
    epochs: history.map(({ epoch, trainingLoss, validationLoss, validationAuc }) => ({
      epoch,
      trainingLoss,
      validationLoss,
      validationAuc,
    })),
  };
}

/** What was measured of this very file comes before what its run has measured. */
function shownEvaluation(
  beside: MeasuredModel | null,
  run: z.infer<typeof runEvaluation> | null,
): Pick<Model, "evaluation" | "evaluationNotes"> {
  if (beside !== null) return { evaluation: beside.measured, evaluationNotes: beside.warnings };
  if (run === null) return { evaluation: null, evaluationNotes: [] };
  const onValidation = run.test === null ? [CHOSEN_ON_THEM] : [];
  return { evaluation: summariseEvaluation(run.test ?? run.validation), evaluationNotes: onValidation };
}

function describeTraining(training: TrainingRecord | null, validationCells: unknown): string {
  if (training !== null)
    return `${training.labelled} cells labelled here, ${training.positives} of them with micronuclei`;
  return typeof validationCells === "number" ? `see its card; chosen on ${validationCells} cells` : "see its card";
}

/** The card of a model that was trained here, Markdown. `evaluation`: of the held-out cells. */
export function writeCard(
  training: TrainingRecord,
  studies: readonly string[],
  evaluation: ModelEvaluation | null,
): string {
  const unit = { sample: "samples", slide: "slides", field: "fields" }[training.groupedBy];
  return `# ${training.name}

Trained on ${training.at.slice(0, 10)} by ${training.by} on cells that persons labelled in this workspace.

- Studies: ${studies.join(", ")}
- Labelled cells: ${training.labelled}, ${training.positives} of them with micronuclei
- Held out: ${training.heldOut.length} cells, whole ${unit}, which no training in this workspace sees
- First weights: the model ${training.startFrom.name}

## What was measured

${evaluation === null ? "Nothing: the held-out cells are all of one class." : measured(evaluation)}

It knows the slides, the stain and the microscope of these cells, and was not tried on any other.
`;
}

function measured({ cells, positives, auc, sensitivity, specificity, threshold }: ModelEvaluation): string {
  const text = ({ value, low, high }: Estimate) => `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return (
    `On the ${cells} held-out cells, ${positives} of them with micronuclei, with 95 % intervals: AUC ${text(auc)}; ` +
    `at the threshold ${threshold.toFixed(3)} sensitivity ${text(sensitivity)}, specificity ${text(specificity)}.`
  );
}
