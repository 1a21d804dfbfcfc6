import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../core/errors.ts";
import { sha256OfFile, writeFileAtomically } from "../core/files.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { LeftOut, ScoreTable } from "../evaluation/score-table.ts";
import { type Console, consoleOf } from "./console.ts";
import type { EvaluateModelOptions } from "./evaluate-model.ts";
import { describeEvaluation, leftOutWarnings } from "./evaluate-summary.ts";
import { deviceOption, seedOption, threadsOption, viewsOption, whereOption, wholeNumber } from "./options.ts";
import { versionOfPackage } from "./version.ts";

export interface EvaluateScoresOptions {
  /** Cells with a probability of at least this are called positive. */
  readonly threshold?: number;
  readonly positive?: string;
  readonly negative?: string;
  /** A column, `auto` or `none`. */
  readonly groupBy: string;
  readonly resamples: number;
  readonly seed: number;
  /** Folder for evaluation.json and report.html. */
  readonly out?: string;
}

/** The evaluation of a file of scores, and what made it. */
export interface ScoresEvaluation extends Evaluation {
  readonly scores: string;
  readonly scoresSha256: string;
  readonly classNames: ScoreTable["classNames"];
  readonly rows: number;
  readonly leftOut: LeftOut;
  readonly seed: number;
  readonly version: string;
}

const DEFAULT_THRESHOLD = 0.5;

const EXAMPLES = `
With a model, the labelled cells of DATA are scored and measured at the model's operating point; unreadable images are
counted and named. Without --split it is the test split, or val where there is none, or all cells where none has a split.

Scores of other programs: CSV or JSON Lines, one row a cell, with the columns label (1 / 0, true / false, or class names)
and probability. Rows with an error, without a probability or without a label are counted and reported. Intervals are over
whole donors, slides or fields where at least ten are known, else over cells.

Examples:
  $ mn evaluate run/model.onnx data.csv --out evaluation
  $ mn evaluate run/model.onnx data.csv --split val --where source=hatch --json
  $ mn evaluate run/model.onnx data.csv --beside-model      what mn review shows of this model
  $ mn evaluate cells/                                      with the model in the box
  $ mn evaluate --scores scores.csv --threshold 0.3 --group-by slide
  $ mn evaluate --scores other-tool.csv --positive micronucleus --json`;

/** `mn evaluate [MODEL] DATA` and `mn evaluate --scores FILE`. */
export function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a model, or scores, against labels: AUC, AP, F1 ... with intervals; curves; calibration")
    .argument("[model-or-data]", "model file; or the data, evaluated with the model in the box")
    .argument("[data]", "manifest, or folder with a folder of images for each class")
    .option("--scores <file>", "scores of any program: .csv or .jsonl with the columns label and probability")
    .option("--threshold <score>", "call positive from here on (default: the model's; with --scores 0.5)", finiteNumber)
    .addOption(new Option("--split <name>", "cells of this split").choices(["test", "val", "train", "all"]))
    .addOption(whereOption())
    .option("--positive <label>", "label of the positive class (default: the model's; or mn, 1, true)")
    .option("--negative <label>", "label of the negative class, where there are more than two")
    .option("--group-by <column>", "intervals and results by this column; auto: donor, slide or field; or none", "auto")
    .option("--resamples <number>", "bootstrap resamples for the intervals", wholeNumber(0, 1_000_000), 1000)
    .option("--out <folder>", "write evaluation.json and report.html there, with a model also scores.csv")
    .addOption(
      new Option(
        "--beside-model",
        "write the numbers beside the model file, as NAME.evaluation.json: mn review shows them",
      ).conflicts("views"),
    )
    .addOption(seedOption())
    .addOption(viewsOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addHelpText("after", EXAMPLES)
    .action(evaluate);
}

type EvaluateOptions = EvaluateScoresOptions & EvaluateModelOptions & { readonly scores?: string };

async function evaluate(
  first: string | undefined,
  second: string | undefined,
  options: EvaluateOptions,
  command: Command,
): Promise<void> {
  const console = consoleOf(command);
  if (options.scores !== undefined && first === undefined) return runEvaluateScores(options.scores, options, console);
  if (options.scores === undefined && first !== undefined) {
    const { runEvaluateModel } = await import("./evaluate-model.ts");
    return runEvaluateModel(first, second, options, console);
  }
  throw new UsageError(
    "NOTHING_TO_EVALUATE",
    `Give either a model and data, or --scores FILE${first === undefined ? "" : ", not both"}.`,
  );
}

/** Scores of other programs need not be probabilities, so a threshold may be any number. */
function finiteNumber(text: string): number {
  if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError("Expected a number.");
}

/** Evaluates a file of scores, writes the report where asked, and says what came out. */
async function runEvaluateScores(path: string, options: EvaluateScoresOptions, console: Console): Promise<void> {
  const evaluation = await evaluateScoresFile(path, options, console.progress);
  for (const warning of leftOutWarnings(evaluation)) console.message(warning);
  console.result(evaluation, describeEvaluation(evaluation, options.out));
}

/**
 * Evaluates the cells of a score file; with `out`, writes evaluation.json and report.html into that folder.
 * Throws what `readScoreTable` throws.
 */
export async function evaluateScoresFile(
  path: string,
  options: EvaluateScoresOptions,
  reportProgress: ReportProgress = ignoreProgress,
): Promise<ScoresEvaluation> {
  const { readScoreTable } = await import("../evaluation/score-table.ts");
  const { evaluateScores } = await import("../evaluation/evaluate.ts");
  const table = await readScoreTable(path, options);
  const evaluation = evaluateScores({
    ...table,
    groupedBy: table.groupedBy ?? undefined,
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    thresholdSource: options.threshold === undefined ? "the default" : "given",
    stream: new RandomStream(options.seed),
    resamples: options.resamples,
    reportProgress,
  });
  const result: ScoresEvaluation = {
    ...evaluation,
    scores: path,
    scoresSha256: await sha256OfFile(path),
    classNames: table.classNames,
    rows: table.rows,
    leftOut: table.leftOut,
    seed: options.seed,
    version: versionOfPackage(),
  };
  if (options.out !== undefined) await writeReport(result, options.out);
  return result;
}

async function writeReport(evaluation: ScoresEvaluation, folder: string): Promise<void> {
  const { evaluationPage } = await import("../report/evaluation-page.ts");
  const page = evaluationPage({
    title: `Evaluation of ${evaluation.scores}`,
    evaluation,
    classNames: evaluation.classNames,
    facts: [
      ["Scores", evaluation.scores],
      ["SHA-256", evaluation.scoresSha256],
      ["Rows", String(evaluation.rows)],
      ["Classes", `${evaluation.classNames.positive} (positive), ${evaluation.classNames.negative} (negative)`],
      ["Seed of the resamples", String(evaluation.seed)],
    ],
    warnings: leftOutWarnings(evaluation),
    footer: `micronuclei ${evaluation.version}`,
  });
  await writeFileAtomically(join(folder, "evaluation.json"), `${JSON.stringify(evaluation, null, 2)}\n`);
  await writeFileAtomically(join(folder, "report.html"), page);
}
