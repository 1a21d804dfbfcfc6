import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../core/errors.ts";
import { sha256OfFile, writeFileAtomically } from "../core/files.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { LeftOut, ScoreTable } from "../evaluation/score-table.ts";
import { type Console, consoleOf, formatTable } from "./console.ts";
import { seedOption, wholeNumber } from "./options.ts";
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
Scores: CSV or JSON Lines, one row a cell, with the columns label (1 / 0, true / false, or class names) and probability.
Rows with an error, without a probability or without a label are counted and reported. Intervals are over whole donors,
slides or fields where at least ten are known, else over cells.

Examples:
  $ mn evaluate --scores scores.csv
  $ mn evaluate --scores scores.csv --threshold 0.3 --group-by slide --out evaluation
  $ mn evaluate --scores other-tool.csv --positive micronucleus --json`;

/** `mn evaluate --scores FILE`. */
export function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure scores against labels: AUC, AP, F1, sensitivity ... with intervals; curves; calibration")
    .option("--scores <file>", "scores of any program: .csv or .jsonl with the columns label and probability")
    .option("--threshold <score>", `call positive from here on (default: ${DEFAULT_THRESHOLD})`, finiteNumber)
    .option("--positive <label>", "label of the positive class (default: mn; or 1, true)")
    .option("--negative <label>", "label of the negative class, where there are more than two")
    .option("--group-by <column>", "intervals and results by this column; auto: donor, slide or field; or none", "auto")
    .option("--resamples <number>", "bootstrap resamples for the intervals", wholeNumber(0, 1_000_000), 1000)
    .option("--out <folder>", "write evaluation.json and report.html there")
    .addOption(seedOption())
    .addHelpText("after", EXAMPLES)
    .action(async (options: EvaluateScoresOptions & { scores?: string }, command: Command) => {
      if (options.scores === undefined) {
        throw new UsageError("NOTHING_TO_EVALUATE", "There is nothing to evaluate. Give --scores FILE.");
      }
      await runEvaluateScores(options.scores, options, consoleOf(command));
    });
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
  console.result(evaluation, describe(evaluation, options.out));
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

/** One sentence on the rows that are in no number; none where all are. */
function leftOutWarnings({ leftOut, rows }: ScoresEvaluation): string[] {
  const reasons = [
    [leftOut.withError, "with an error"],
    [leftOut.withoutProbability, "without a probability"],
    [leftOut.withoutLabel, "without a label"],
    [leftOut.ofOtherLabel, "of another label"],
  ] as const;
  const found = reasons.filter(([count]) => count > 0);
  if (found.length === 0) return [];
  const total = found.reduce((sum, [count]) => sum + count, 0);
  return [
    `${total} of ${rows} rows are in no number: ${found.map(([count, reason]) => `${count} ${reason}`).join(", ")}.`,
  ];
}

const SHOWN = [
  ["AUC", "auc"],
  ["average precision", "ap"],
  ["F1", "f1"],
  ["precision", "precision"],
  ["sensitivity", "sensitivity"],
  ["specificity", "specificity"],
  ["Brier score", "brier"],
  ["calibration error", "ece"],
] as const;

function describe(evaluation: ScoresEvaluation, out: string | undefined): string {
  const { cells, positives, threshold, thresholdSource, confusion, intervals, classNames } = evaluation;
  const rows = SHOWN.map(([name, metric]) => {
    const [value, interval] = [evaluation[metric], evaluation[`${metric}_ci95`]];
    const range = interval === null ? "" : `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`;
    return [name, value === null ? "undefined" : value.toFixed(3), range, evaluation.undefinedBecause[metric] ?? ""];
  });
  const { tp, fp, fn, tn } = confusion;
  const matrix = formatTable([
    ["", `called ${classNames.positive}`, `called ${classNames.negative}`],
    [classNames.positive, tp, fn],
    [classNames.negative, fp, tn],
  ]);
  const over = intervals.unit === "group" ? `groups by ${intervals.groupedBy}` : "cells";
  return [
    `${cells} cells, ${positives} ${classNames.positive}. Called ${classNames.positive} from ${threshold} on (${thresholdSource}).`,
    `Intervals over ${intervals.units} ${over}, ${intervals.resamples} resamples.`,
    "",
    formatTable([["", "value", "95 % interval", ""], ...rows]),
    "",
    matrix,
    ...evaluation.notes.flatMap((note) => ["", note]),
    ...(out === undefined ? [] : ["", `Report: ${join(out, "report.html")}`]),
  ].join("\n");
}
