import type { Evaluation } from "./evaluation.ts";
import type { Estimate, EvaluationSummary } from "./evaluation-summary.ts";

/** An evaluation's numbers and curves; null where a class is missing, so that ranks mean nothing. */
export function summariseEvaluation(evaluation: Evaluation): EvaluationSummary | null {
  const { auc, ap, f1, sensitivity, specificity, brier, curves, reliability } = evaluation;
  if (auc === null || ap === null || sensitivity === null || specificity === null) return null;
  const { x = [], y = [] } = curves.roc ?? {};
  return {
    cells: evaluation.cells,
    positives: evaluation.positives,
    auc: estimate(auc, evaluation.auc_ci95),
    ap: estimate(ap, evaluation.ap_ci95),
    f1: estimate(f1 ?? 0, evaluation.f1_ci95),
    sensitivity: estimate(sensitivity, evaluation.sensitivity_ci95),
    specificity: estimate(specificity, evaluation.specificity_ci95),
    threshold: evaluation.threshold,
    roc: x.map((falsePositiveRate, index) => [falsePositiveRate, y[index] ?? 0]),
    reliability: (reliability?.equalWidth ?? []).map(({ meanProbability, observed, cells }) => ({
      predicted: meanProbability,
      observed,
      cells,
    })),
    brier: brier ?? 0,
  };
}

/** Where no interval can be computed, it is everything that the measure can be. */
function estimate(value: number, interval: readonly [number, number] | null): Estimate {
  return { value, low: interval?.[0] ?? 0, high: interval?.[1] ?? 1 };
}
