import { join } from "node:path";
import { RandomStream } from "../core/random.ts";
import { NO_LINES, readSettingsFile } from "../core/settings-file.ts";
import type { Dataset, Split } from "../dataset/cell.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { crossValidationFolds, PAPER_RATIOS, splitCells } from "../dataset/split.ts";
import { selectDevice } from "../engine/devices.ts";
import { checkTrainingSettings } from "../experiments/training-settings.ts";
import type { RunEvaluation } from "../training/finish.ts";
import type { EpochRecord } from "../training/history.ts";
import type { TrainingOutcome } from "../training/request.ts";
import { RUN_FILES, writeRunFile } from "../training/run-folder.ts";
import type { TrainingSettings } from "../training/settings.ts";
import { train } from "../training/train.ts";
import { operatingPointOf } from "./completion-options.ts";
import type { Console } from "./console.ts";
import type { TrainOptions } from "./train.ts";
import { versionOfPackage } from "./version.ts";
import { imageNetWeights } from "./weights-imagenet.ts";

/** Loads the data, trains, and reports; stops after the step under way on Ctrl-C. */
export async function runTraining(data: string, options: TrainOptions, console: Console): Promise<void> {
  const settings = await settingsOf(options);
  const dataset = await splitDataset(
    splitByFold(await loadDataset(data, datasetOptions(options)), options),
    settings.seed,
    console,
  );
  const { out, portable, threads, resume, device } = options;
  const candidate = await selectDevice(device, console.message, { portable });
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  process.once("SIGINT", onInterrupt);
  const outcome = await train({
    dataset,
    settings,
    resume,
    runFolder: out,
    logAugmentation: options.logAugmentation,
    session: { ...candidate, threads: threads ?? 0 },
    operatingPoint: operatingPointOf(options),
    calibrate: options.calibrate,
    version: versionOfPackage(),
    fileOfWeights: imageNetWeights(console),
    reportProgress: console.progress,
    reportEpoch: (history) => writeReport(out, settings, dataset, history),
    message: console.message,
    signal: stop.signal,
  });
  process.off("SIGINT", onInterrupt);
  await writeReport(out, settings, dataset, outcome.history);
  if (outcome.evaluation !== null) await writeEvaluationPage(out, dataset, outcome.evaluation);
  if (!outcome.finished) process.exitCode = 1;
  console.result(summaryOf(outcome, out), describe(outcome, out));
}

function datasetOptions({ positive, negative, where }: TrainOptions) {
  return { ...given({ positive, negative }), where };
}

/** Fold `number` is tested, the next one validates, the others train: five folds are 6:2:2, as the paper's split. */
function splitByFold(dataset: Dataset, { fold, foldBy, seed }: TrainOptions): Dataset {
  if (fold === undefined) return dataset;
  const { foldOf } = crossValidationFolds(dataset.cells, {
    by: foldBy,
    folds: fold.of,
    classes: dataset.classes,
    // The folds of one cross-validation are the same whichever of them is trained.
    stream: new RandomStream(seed ?? 1).fork("folds"),
  });
  const splitOfFold = (index: number): Split =>
    index === fold.number - 1 ? "test" : index === fold.number % fold.of ? "val" : "train";
  return {
    ...dataset,
    cells: dataset.cells.map((cell, index) => ({ ...cell, split: splitOfFold(foldOf[index] ?? 0) })),
  };
}

/** Data without a split gets the paper's 6:2:2, fields (slides, donors) kept whole where they are known. */
async function splitDataset(dataset: Dataset, seed: number, console: Console): Promise<Dataset> {
  if (dataset.cells.some(({ split }) => split !== undefined)) return dataset;
  const { splits } = splitCells(dataset.cells, {
    ratios: PAPER_RATIOS,
    groupBy: "auto",
    stream: new RandomStream(seed).fork("split"),
  });
  console.message(
    `The data has no split: training, validation and test are drawn 6:2:2 with seed ${seed}. ` +
      `"mn dataset import" writes one into a manifest.`,
  );
  const cells = dataset.cells.map((cell, index) => ({ ...cell, split: splits[index] as Split }));
  return { ...dataset, cells };
}

/** The settings of the file, those of the command line over them. Throws SETTINGS_UNREADABLE and TRAINING_SETTINGS. */
async function settingsOf(options: TrainOptions): Promise<TrainingSettings> {
  const { settings: path } = options;
  const { value, lineOf } = path === undefined ? { value: {}, lineOf: NO_LINES } : await readSettingsFile(path);
  return checkTrainingSettings(withOptions(value, options), path ?? "the command line", lineOf);
}

function withOptions(base: Readonly<Record<string, unknown>>, options: TrainOptions): Record<string, unknown> {
  const { epochs, batch, seed, clipNorm, augmentation, balance, balanceWithin, storage, weights } = options;
  const { network, gamma, learningRate, decayEvery, averageEpochs } = options;
  return {
    ...base,
    ...given({ epochs, batch, seed, clipNorm, augmentation, balance, balanceWithin, storage, weights, averageEpochs }),
    ...(network === undefined ? {} : { network: { name: network } }),
    ...(gamma === undefined ? {} : { loss: { gamma } }),
    schedule: { ...(base.schedule as object | undefined), ...given({ learningRate, everyEpochs: decayEvery }) },
  };
}

/** Only what was given, so that defaults and a settings file keep the rest. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

async function writeReport(
  folder: string,
  settings: TrainingSettings,
  dataset: Dataset,
  history: readonly EpochRecord[],
): Promise<void> {
  const { trainingPage } = await import("../report/training-page.ts");
  const page = trainingPage({
    title: `Training of ${settings.network.name}`,
    history: history.map(({ trainingLoss, ...record }) => ({ ...record, trainLoss: trainingLoss })),
    totalEpochs: settings.epochs,
    keptEpoch: history.findLast(({ kept }) => kept)?.epoch ?? null,
    keptBecause: "greatest validation AUC",
    running: history.length < settings.epochs,
    facts: [
      ["Data", dataset.source],
      ["Data hash", dataset.hash],
      ["Cells", `${dataset.cells.length} of the classes ${dataset.classes.join(" and ")}`],
      ["Settings", JSON.stringify(settings)],
    ],
    footer: `micronuclei ${versionOfPackage()}`,
  });
  await writeRunFile(folder, RUN_FILES.report, page);
}

/** The evaluation of the test cells, or of the validation cells where there is no test. */
async function writeEvaluationPage(
  folder: string,
  dataset: Dataset,
  { test, validation }: RunEvaluation,
): Promise<void> {
  const { evaluationPage } = await import("../report/evaluation-page.ts");
  const [negative, positive] = dataset.classes;
  const page = evaluationPage({
    title: test === null ? "Evaluation on the validation cells" : "Evaluation on the test cells",
    evaluation: test ?? validation,
    classNames: { positive, negative },
    facts: [
      ["Model", join(folder, RUN_FILES.model)],
      ["Data", dataset.source],
      ["Data hash", dataset.hash],
    ],
    warnings:
      test === null ? ["These cells chose the epoch and the threshold, so the numbers are on the bright side."] : [],
    footer: `micronuclei ${versionOfPackage()}`,
  });
  await writeRunFile(folder, RUN_FILES.evaluationPage, page);
}

function summaryOf({ finished, best, evaluation, history }: TrainingOutcome, out: string) {
  return { finished, best, epochs: history.length, model: join(out, RUN_FILES.model), run: out, evaluation };
}

function describe({ finished, best, evaluation, history }: TrainingOutcome, out: string): string {
  if (!finished) return `Stopped after ${history.length} epochs with everything saved; go on with --resume.`;
  const share = (value: number | null, interval: readonly [number, number] | null) =>
    value === null
      ? "-"
      : `${value.toFixed(3)}${interval === null ? "" : ` (${interval[0].toFixed(3)} to ${interval[1].toFixed(3)})`}`;
  const measured = evaluation?.test ?? evaluation?.validation;
  const split = evaluation?.test ? "test" : "validation";
  const lines = [
    `Trained ${history.length} epochs; kept epoch ${best?.epoch} with validation AUC ${best?.auc.toFixed(4)}.`,
    `Model: ${join(out, RUN_FILES.model)}   Curves: ${join(out, RUN_FILES.report)}`,
  ];
  if (measured === undefined) return lines.join("\n");
  lines.push(
    `On ${measured.cells} ${split} cells (95 % intervals): AUC ${share(measured.auc, measured.auc_ci95)}, ` +
      `AP ${share(measured.ap, measured.ap_ci95)}, F1 ${share(measured.f1, measured.f1_ci95)} at ${measured.threshold.toFixed(3)}.`,
  );
  return lines.join("\n");
}
