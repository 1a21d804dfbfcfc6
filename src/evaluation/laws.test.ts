import fc from "fast-check";
import { expect, test } from "vitest";
import { averagePrecision } from "./precision-recall.ts";
import { areaUnderRoc, rocCurve } from "./roc.ts";

/** Cells with many tied scores, both classes among them. */
const cells = fc
  .array(fc.tuple(fc.integer({ min: -15, max: 15 }), fc.boolean()), { minLength: 2, maxLength: 80 })
  .filter((rows) => rows.some(([, positive]) => positive) && rows.some(([, positive]) => !positive))
  .map((rows) => ({ scores: rows.map(([score]) => score), positives: rows.map(([, positive]) => positive) }));

test("AUC is the share of pairs that are ordered right, a tie counting half", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const of = (wanted: boolean): number[] => scores.filter((_, cell) => positives[cell] === wanted);
      const pairs = of(true).flatMap((high) => of(false).map((low) => (Math.sign(high - low) + 1) / 2));
      const expected = pairs.reduce((sum, win) => sum + win, 0) / pairs.length;
      expect(areaUnderRoc(scores, positives)).toBeCloseTo(expected, 13);
    }),
  );
});

test("AUC is the trapezoidal area under its curve", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const { falsePositiveRate: x, truePositiveRate: y } = rocCurve(scores, positives);
      const at = (values: readonly number[], index: number): number => values[index] as number;
      let area = 0;
      for (let i = 1; i < x.length; i++) area += ((at(x, i) - at(x, i - 1)) * (at(y, i) + at(y, i - 1))) / 2;
      expect(areaUnderRoc(scores, positives)).toBeCloseTo(area, 12);
    }),
  );
});

test("a rising map of the scores changes neither AUC nor AP", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const mapped = scores.map((score) => 1 / (1 + Math.exp(-score / 3)));
      expect(areaUnderRoc(mapped, positives)).toBe(areaUnderRoc(scores, positives));
      expect(averagePrecision(mapped, positives)).toBe(averagePrecision(scores, positives));
    }),
  );
});

test("turning the scores round, or the labels, turns AUC into 1 - AUC; both leave it", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const auc = areaUnderRoc(scores, positives);
      const [turned, opposite] = [scores.map((score) => -score), positives.map((positive) => !positive)];
      expect(areaUnderRoc(turned, positives)).toBeCloseTo(1 - auc, 13);
      expect(areaUnderRoc(scores, opposite)).toBeCloseTo(1 - auc, 13);
      expect(areaUnderRoc(turned, opposite)).toBeCloseTo(auc, 13);
    }),
  );
});

test("the order of the cells changes nothing, to the last bit", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const [reversedScores, reversedLabels] = [scores.toReversed(), positives.toReversed()];
      expect(areaUnderRoc(reversedScores, reversedLabels)).toBe(areaUnderRoc(scores, positives));
      expect(averagePrecision(reversedScores, reversedLabels)).toBe(averagePrecision(scores, positives));
    }),
  );
});

test("AP is the prevalence when all scores are equal, and 1 when positives come first", () => {
  fc.assert(
    fc.property(cells, ({ positives }) => {
      const prevalence = positives.filter(Boolean).length / positives.length;
      expect(averagePrecision(new Float64Array(positives.length), positives)).toBeCloseTo(prevalence, 13);
      expect(averagePrecision(positives.map(Number), positives)).toBe(1);
    }),
  );
});
