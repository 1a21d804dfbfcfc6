import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeNpy } from "../core/npy.ts";
import {
  accuracy,
  balancedAccuracy,
  confusionAt,
  f1,
  matthewsCorrelation,
  precision,
  sensitivity,
} from "./confusion.ts";
import { averagePrecision, precisionRecallCurve } from "./precision-recall.ts";
import { areaUnderRoc, rocCurve } from "./roc.ts";

interface GoldenCase {
  readonly name: string;
  readonly y: string;
  readonly scores: readonly number[] | string;
  readonly threshold: number;
  readonly auc: number | null;
  readonly ap: number;
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly accuracy: number;
  readonly balanced_accuracy: number;
  readonly mcc: number;
  readonly confusion_tn_fp_fn_tp: readonly [number, number, number, number];
  readonly roc_full?: { fpr: number[]; tpr: number[]; thresholds: number[] };
  readonly pr?: { precision: number[]; recall: number[]; thresholds: number[] };
}

const folder = join(import.meta.dirname, "../../test/golden/metrics");
const { cases } = JSON.parse(readFileSync(join(folder, "metrics.json"), "utf8")) as { cases: GoldenCase[] };

/** Scores and labels of a case; the large ones lie in .npy files. */
function cellsOf({ y, scores }: GoldenCase): { scores: ArrayLike<number>; positives: boolean[] } {
  if (typeof scores !== "string") return { scores, positives: [...y].map((label) => label === "1") };
  const stored = decodeNpy(readFileSync(join(folder, scores))).data as Float64Array;
  const labels = decodeNpy(readFileSync(join(folder, y))).data as Uint8Array;
  return { scores: stored, positives: Array.from(labels, (label) => label === 1) };
}

/** Within 1e-12, absolutely. */
function expectClose(found: number | null, expected: number): void {
  expect(Math.abs((found as number) - expected)).toBeLessThanOrEqual(1e-12);
}

function expectAllClose(found: readonly number[], expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of expected.entries()) expectClose(found[index] as number, value);
}

test("all 118 reference cases are there", () => {
  expect(cases.length).toBe(118);
});

describe.each(cases)("$name agrees with scikit-learn to 1e-12", (golden) => {
  const { scores, positives } = cellsOf(golden);
  const confusion = confusionAt(scores, positives, golden.threshold);

  test("area under the ROC curve and average precision", () => {
    expectClose(averagePrecision(scores, positives), golden.ap);
    if (golden.auc === null) expect(() => areaUnderRoc(scores, positives)).toThrow("both classes");
    else expectClose(areaUnderRoc(scores, positives), golden.auc);
  });

  test("confusion matrix and what follows from it", () => {
    const { tn, fp, fn, tp } = confusion;
    expect([tn, fp, fn, tp]).toEqual(golden.confusion_tn_fp_fn_tp);
    expectClose(f1(confusion), golden.f1);
    expectClose(matthewsCorrelation(confusion), golden.mcc);
    expectClose(accuracy(confusion), golden.accuracy);
    // scikit-learn says 0 where 0 / 0 leaves these undefined.
    expectClose(precision(confusion) ?? 0, golden.precision);
    expectClose(sensitivity(confusion) ?? 0, golden.recall);
    if (golden.auc === null) expect(balancedAccuracy(confusion)).toBeNull();
    else expectClose(balancedAccuracy(confusion), golden.balanced_accuracy);
  });
});

test.each(cases.filter(({ roc_full }) => roc_full))("$name has scikit-learn's ROC curve", (golden) => {
  const { scores, positives } = cellsOf(golden);
  const curve = rocCurve(scores, positives);
  expectAllClose(curve.falsePositiveRate, golden.roc_full?.fpr ?? []);
  expectAllClose(curve.truePositiveRate, golden.roc_full?.tpr ?? []);
  expect(curve.thresholds.slice(1)).toEqual(golden.roc_full?.thresholds.slice(1));
});

test.each(cases.filter(({ pr }) => pr))("$name has scikit-learn's precision-recall curve", (golden) => {
  const { scores, positives } = cellsOf(golden);
  const curve = precisionRecallCurve(scores, positives);
  // scikit-learn runs from the lowest threshold to the highest and appends the point (recall 0, precision 1).
  expectAllClose(curve.precision.toReversed(), golden.pr?.precision.slice(0, -1) ?? []);
  expectAllClose(curve.recall.toReversed(), golden.pr?.recall.slice(0, -1) ?? []);
  expect(curve.thresholds.toReversed()).toEqual(golden.pr?.thresholds);
});
