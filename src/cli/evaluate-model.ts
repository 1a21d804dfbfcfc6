import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatasetError, UsageError } from "../core/errors.ts";
import { sha256, writeFileAtomically } from "../core/files.ts";
import { RandomStream } from "../core/random.ts";
import type { Cell, Dataset, Split } from "../dataset/cell.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { readManifest } from "../dataset/manifest.ts";
import { selectDevice } from "../engine/devices.ts";
import type { Device } from "../engine/session.ts";
import { writeBesideModel } from "../evaluation/beside-model.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import { type LeftOut, readScoreTable, type ScoreTable } from "../evaluation/score-table.ts";
import { evaluationPage } from "../report/evaluation-page.ts";
import { MODEL_IN_THE_BOX, type ModelFile, readModel } from "../scoring/model.ts";
import type { ImageQuality } from "../scoring/quality.ts";
import { type ScoringSource, scoreIntoFile } from "../scoring/score-into-file.ts";
import type { ViewCount } from "../scoring/views.ts";
import type { Console } from "./console.ts";
import type { EvaluateScoresOptions } from "./evaluate-scores.ts";
import { describeEvaluation, leftOutWarnings } from "./evaluate-summary.ts";
import { scoringStopped, untilInterrupted } from "./score-run.ts";
import { versionOfPackage } from "./version.ts";

/** As for a file of scores, and what the model is run on; `out` gets scores.csv beside the evaluation. */
export interface EvaluateModelOptions extends EvaluateScoresOptions {
  readonly split?: Split | "all";
  readonly where: Readonly<Record<string, string>>;
  readonly device: "auto" | Device;
  readonly threads?: number;
  readonly views: ViewCount;
  readonly besideModel?: true;
}

/** The evaluation of a model on labelled cells, and what made it. */
export interface ModelEvaluation extends Evaluation {
  readonly model: string;
  readonly modelSha256: string;
  readonly data: string;
  readonly dataHash: string;
  readonly split: Split | "all";
  readonly where: Readonly<Record<string, string>>;
  /** Orientations of each cell whose mean is its score. */
  readonly views: ViewCount;
  readonly classNames: ScoreTable["classNames"];
  readonly rows: number;
  readonly leftOut: LeftOut;
  /** Images that have no score, and are in no number. */
  readonly unreadable: readonly { readonly file: string; readonly error: string }[];
  /** Scored images that are not of the kind that the model knows; they are in the numbers. */
  readonly unfamiliar: number;
  /** What a reader must know of the data before relying on the numbers. */
  readonly warnings: readonly string[];
  /** Path of the scores; null where they were not kept. */
  readonly scores: string | null;
  readonly seed: number;
  readonly version: string;
}

/** Scores labelled cells and measures the scores as `mn evaluate --scores` does; with `out` keeps scores and report. */
export async function runEvaluateModel(
  first: string,
  second: string | undefined,
  options: EvaluateModelOptions,
  console: Console,
): Promise<void> {
  const [modelPath, data] = second === undefined ? [MODEL_IN_THE_BOX, first] : [first, second];
  if (data.toLowerCase().endsWith(".onnx")) {
    throw new UsageError("NOTHING_TO_EVALUATE", `Name the labelled cells after the model ${data}.`);
  }
  const model = await readModel(modelPath);
  const { positive = model.metadata.positive_class, negative, where } = options;
  const dataset = await loadDataset(data, { positive, ...(negative === undefined ? {} : { negative }), where });
  const split = chooseSplit(dataset, options.split, console);
  const folder = options.out ?? (await mkdtemp(join(tmpdir(), "mn-evaluate-")));
  try {
    await mkdir(folder, { recursive: true });
    const scores = join(folder, "scores.csv");
    await scoreCellsOf(dataset, split, model, scores, options, console);
    const evaluation = await measure(scores, { model, dataset, split, data, options, console });
    if (options.out !== undefined) await writeReport(evaluation, model, options.out);
    if (options.besideModel === true) await keepBesideModel(evaluation, console);
    for (const warning of allWarnings(evaluation)) console.message(warning);
    console.result(evaluation, describeEvaluation(evaluation, options.out));
  } finally {
    if (options.out === undefined) await rm(folder, { recursive: true });
  }
}

async function keepBesideModel(evaluation: ModelEvaluation, console: Console): Promise<void> {
  const written = await writeBesideModel(evaluation.model, evaluation);
  if (written !== null) console.message(`Beside the model: ${written}`);
  else console.message("Nothing was written beside the model: the cells are all of one class.");
}

/** The wanted split, or the one that says most of unseen cells. Throws SPLIT_ABSENT. */
function chooseSplit({ cells, source }: Dataset, wanted: Split | "all" | undefined, console: Console): Split | "all" {
  const has = (split: Split) => cells.some((cell) => cell.split === split);
  if (wanted !== undefined) {
    if (wanted === "all" || has(wanted)) return wanted;
    throw new DatasetError(
      "SPLIT_ABSENT",
      `No labelled cell of ${source} is in the split "${wanted}". Choose another --split, or all.`,
    );
  }
  if (has("test")) return "test";
  if (!has("val")) return "all";
  console.message("The data has no test split; these are the validation cells.");
  return "val";
}

async function scoreCellsOf(
  dataset: Dataset,
  split: Split | "all",
  model: ModelFile,
  path: string,
  { device: wanted, threads, views, threshold, out }: EvaluateModelOptions,
  console: Console,
): Promise<void> {
  const { device } = await selectDevice(wanted, console.message, { portable: true });
  const cells = dataset.cells.filter((cell) => split === "all" || cell.split === split);
  const { finished, cells: scored } = await untilInterrupted((signal) =>
    scoreIntoFile({
      model,
      threshold: threshold ?? model.metadata.operating_point.threshold,
      source: sourceOf(cells),
      path,
      scoring: { session: { device, threads: threads ?? 0 }, views },
      reportProgress: console.progress,
      message: console.message,
      signal,
    }),
  );
  if (finished) return;
  const howToGoOn = out === undefined ? "Nothing was kept; with --out it is." : "The same command goes on from here.";
  throw scoringStopped(scored, cells.length, howToGoOn);
}

function sourceOf(cells: readonly Cell[]): ScoringSource {
  return {
    total: cells.length,
    sha256: sha256(JSON.stringify(cells.map(({ path, columns }) => [path, columns]))),
    async *cells(from) {
      for (const { path, columns } of cells.slice(from)) yield { path, source: columns };
    },
  };
}

interface Evaluated {
  readonly model: ModelFile;
  readonly dataset: Dataset;
  readonly split: Split | "all";
  readonly data: string;
  readonly options: EvaluateModelOptions;
  readonly console: Console;
}

async function measure(scores: string, evaluated: Evaluated): Promise<ModelEvaluation> {
  const { model, dataset, split, data, options, console } = evaluated;
  const [negative, positive] = dataset.classes;
  const table = await readScoreTable(scores, { positive, negative, groupBy: options.groupBy });
  const { threshold, rule, chosen_on } = model.metadata.operating_point;
  const evaluation = evaluateScores({
    ...table,
    groupedBy: table.groupedBy ?? undefined,
    threshold: options.threshold ?? threshold,
    thresholdSource: options.threshold === undefined ? `the model's own, ${rule} chosen on ${chosen_on}` : "given",
    stream: new RandomStream(options.seed),
    resamples: options.resamples,
    reportProgress: console.progress,
  });
  return {
    ...evaluation,
    model: model.path,
    modelSha256: model.sha256,
    data,
    dataHash: dataset.hash,
    split,
    where: options.where,
    views: options.views,
    classNames: table.classNames,
    rows: table.rows,
    leftOut: table.leftOut,
    ...(await qualitiesOf(scores)),
    warnings: warningsOn(model, dataset, split),
    scores: options.out === undefined ? null : scores,
    seed: options.seed,
    version: versionOfPackage(),
  };
}

/** The rows of a score file that have an error instead of a score, and how many others are unfamiliar to the model. */
async function qualitiesOf(scores: string): Promise<Pick<ModelEvaluation, "unreadable" | "unfamiliar">> {
  const unreadable: { file: string; error: string }[] = [];
  let unfamiliar = 0;
  for await (const { file, error, columns } of readManifest(scores)) {
    if (error !== undefined) unreadable.push({ file, error });
    if (columns.quality === ("unfamiliar" satisfies ImageQuality)) unfamiliar++;
  }
  return { unreadable, unfamiliar };
}

function warningsOn({ metadata }: ModelFile, { classes, hash }: Dataset, split: Split | "all"): string[] {
  const warnings: string[] = [];
  const [negative, positive] = classes;
  if (negative !== metadata.classes[0] || positive !== metadata.classes[1]) {
    warnings.push(
      `The model tells ${metadata.classes[1]} from ${metadata.classes[0]}; it is measured here on ${positive} against ${negative}.`,
    );
  }
  if (hash === metadata.data_hash && split !== "test") {
    warnings.push(
      split === "val"
        ? "These validation cells chose the model's epoch and operating point, so the numbers are on the bright side."
        : "The model was trained on cells of this data, so the numbers say nothing of new cells. Evaluate --split test, or other data.",
    );
  }
  return warnings;
}

function describeCalibration({ metadata: { calibration } }: ModelFile): string {
  const { method, fitted_on: cells } = calibration;
  if (method === "none") return "as the network gives them, not calibrated";
  return `calibrated (${method})${cells === undefined ? "" : ` on ${cells}`}`;
}

/** So many unreadable images are named in a warning; all are in the scores and in evaluation.json. */
const UNREADABLE_NAMED = 5;

function allWarnings(evaluation: ModelEvaluation): string[] {
  const { unreadable, unfamiliar, warnings, rows } = evaluation;
  const named = unreadable.slice(0, UNREADABLE_NAMED).map(({ file, error }) => `${file} has no score: ${error}`);
  const more = unreadable.length - named.length;
  return [
    ...warnings,
    ...leftOutWarnings(evaluation),
    ...(unfamiliar === 0
      ? []
      : [`${unfamiliar} of ${rows} images are unlike those that the model was trained on; they are in the numbers.`]),
    ...named,
    ...(more > 0 ? [`${more} more images have no score.`] : []),
  ];
}

async function writeReport(evaluation: ModelEvaluation, model: ModelFile, folder: string): Promise<void> {
  const { split, where, classNames } = evaluation;
  const filters = Object.entries(where).map(([column, value]) => `, ${column} = ${value}`);
  const page = evaluationPage({
    title: `Evaluation of ${evaluation.model}`,
    evaluation,
    classNames,
    facts: [
      ["Model", evaluation.model],
      ["Model SHA-256", evaluation.modelSha256],
      ["Network", model.metadata.network.name],
      ["Probabilities", describeCalibration(model)],
      ["Data", evaluation.data],
      ["Data hash", evaluation.dataHash],
      ["Cells", `${split === "all" ? "all" : `split ${split}`}${filters.join("")}`],
      ["Views of each cell", String(evaluation.views)],
      ["Classes", `${classNames.positive} (positive), ${classNames.negative} (negative)`],
      ["Seed of the resamples", String(evaluation.seed)],
    ],
    warnings: allWarnings(evaluation),
    footer: `micronuclei ${evaluation.version}`,
  });
  await writeFileAtomically(join(folder, "evaluation.json"), `${JSON.stringify(evaluation, null, 2)}\n`);
  await writeFileAtomically(join(folder, "report.html"), page);
}
