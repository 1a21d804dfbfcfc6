import { join } from "node:path";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { LeftOut, ScoreTable } from "../evaluation/score-table.ts";
import { formatTable } from "./console.ts";

/** One sentence on the rows that are in no number; none where all are. */
export function leftOutWarnings({ leftOut, rows }: { readonly leftOut: LeftOut; readonly rows: number }): string[] {
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

/** The evaluation as a reader of the terminal sees it; `out` is where the report lies. */
export function describeEvaluation(
  evaluation: Evaluation & { readonly classNames: ScoreTable["classNames"] },
  out: string | undefined,
): string {
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
