import fc from "fast-check";
import { expect, test } from "vitest";
import { confusionAt, f1, sensitivity, specificity } from "./confusion.ts";
import { chooseOperatingPoint } from "./operating-point.ts";

const SCORES = [0.95, 0.8, 0.7, 0.6, 0.55, 0.45, 0.35, 0.2, 0.1, 0.05];
const POSITIVES = [true, true, true, false, true, true, false, false, false, false];

test("the highest F1 lies midway between the neighbouring scores (by hand: 5 of 5 found with 1 false, F1 10/11)", () => {
  const point = chooseOperatingPoint(SCORES, POSITIVES);
  expect(point.threshold).toBeCloseTo((0.45 + 0.35) / 2, 12);
  expect(point.f1).toBeCloseTo(10 / 11, 12);
});

test("balanced accuracy takes the greatest mean of sensitivity and specificity (by hand: 5 of 5 and 4 of 5)", () => {
  const point = chooseOperatingPoint(SCORES, POSITIVES, { rule: "balanced-accuracy" });
  expect(point).toMatchObject({ sensitivity: 1, specificity: 0.8 });
});

test("balanced accuracy does not depend on how many negatives there are, as F1 does", () => {
  const [scores, positives] = [
    [0.9, 0.6, 0.5, 0.4],
    [true, false, true, false],
  ];
  const copies = Array.from({ length: 9 }, () => [0.6, 0.4]).flat();
  const rare = { scores: [...scores, ...copies], positives: [...positives, ...copies.map(() => false)] };
  const threshold = (rule: "balanced-accuracy" | "highest-f1", cells: typeof rare) =>
    chooseOperatingPoint(cells.scores, cells.positives, { rule }).threshold;
  // By hand: (1 + 1/2) / 2 below 0.5 equals (1/2 + 1) / 2 below 0.9; the higher one is taken, with both shares.
  expect(threshold("balanced-accuracy", { scores, positives })).toBeCloseTo(0.75, 12);
  expect(threshold("balanced-accuracy", rare)).toBeCloseTo(0.75, 12);
  // By hand: F1 4/5 against 2/3 with few negatives, 4/14 against 2/3 with many.
  expect(threshold("highest-f1", { scores, positives })).toBeCloseTo(0.45, 12);
  expect(threshold("highest-f1", rare)).toBeCloseTo(0.75, 12);
});

test("with parts, a large source does not choose the threshold for a small one", () => {
  const small = { scores: [0.3, 0.2, 0.1, 0.05], positives: [true, true, false, false] };
  const large = { scores: [0.9, 0.8, 0.4, 0.25], positives: [true, true, false, false] };
  const scores = [...small.scores, ...Array.from({ length: 10 }, () => large.scores).flat()];
  const positives = [...small.positives, ...Array.from({ length: 10 }, () => large.positives).flat()];
  const parts = scores.map((_, cell) => (cell < 4 ? "small" : "large"));
  const rule = { rule: "balanced-accuracy" } as const;
  // By hand, sensitivity + specificity - 1: below 0.8 it is 0 for the small source and 1 for the large, below 0.3 it is 1/2 and
  // 1/2, below 0.2 it is 1 and 0; of equal sums the highest threshold is taken.
  expect(chooseOperatingPoint(scores, positives, rule).threshold).toBeCloseTo(0.6, 12);
  expect(chooseOperatingPoint(scores, positives, rule, parts).threshold).toBeCloseTo(0.6, 12);
  // By hand, with another source like the small one: 1, 3/2 and 2.
  const more = { scores: [...scores, ...small.scores], positives: [...positives, ...small.positives] };
  const moreParts = [...parts, ...small.scores.map(() => "another small one")];
  expect(chooseOperatingPoint(more.scores, more.positives, rule, moreParts).threshold).toBeCloseTo(0.15, 12);
});

test("a source with one class alone has no say, and where all are so it is as without sources", () => {
  const rule = { rule: "balanced-accuracy" } as const;
  const alone = chooseOperatingPoint([...SCORES, 0.99], [...POSITIVES, false], rule, [...SCORES.map(() => "a"), "b"]);
  expect(alone.threshold).toBeCloseTo(0.4, 12);
  const given = POSITIVES.map((positive) => (positive ? "a" : "b"));
  expect(chooseOperatingPoint(SCORES, POSITIVES, rule, given).threshold).toBeCloseTo(0.4, 12);
});

test("a target sensitivity takes the highest threshold that reaches it (by hand: 4 of 5 at 0.55)", () => {
  const point = chooseOperatingPoint(SCORES, POSITIVES, { rule: "sensitivity", target: 0.8 });
  expect(point.threshold).toBeCloseTo((0.55 + 0.45) / 2, 12);
  expect([point.sensitivity, point.specificity]).toEqual([0.8, 0.8]);
});

test("a target specificity takes the lowest threshold that reaches it (by hand: all negatives below 0.65)", () => {
  const point = chooseOperatingPoint(SCORES, POSITIVES, { rule: "specificity", target: 1 });
  expect(point.threshold).toBeCloseTo((0.7 + 0.6) / 2, 12);
  expect([point.sensitivity, point.specificity]).toEqual([0.6, 1]);
});

test("a fixed threshold is kept and measured with score >= threshold", () => {
  const point = chooseOperatingPoint(SCORES, POSITIVES, { rule: "fixed", threshold: 0.6 });
  expect(point).toMatchObject({ threshold: 0.6, sensitivity: 0.6, specificity: 0.8 });
});

test("between neighbouring doubles the threshold still keeps the lower score out", () => {
  const higher = 0.5 + 2 ** -53;
  const point = chooseOperatingPoint([0.5, higher], [false, true]);
  expect(point).toMatchObject({ threshold: higher, f1: 1 });
});

test("a specificity that only an empty call would reach is refused", () => {
  expect(() =>
    chooseOperatingPoint([0.9, 0.9, 0.1], [true, false, false], { rule: "specificity", target: 0.9 }),
  ).toThrow(expect.objectContaining({ code: "OPERATING_POINT_UNREACHABLE" }));
});

test("a target outside (0, 1] is refused", () => {
  expect(() => chooseOperatingPoint(SCORES, POSITIVES, { rule: "sensitivity", target: 95 })).toThrow(
    expect.objectContaining({ code: "OPERATING_POINT_TARGET" }),
  );
});

const cells = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 2, maxLength: 60 })
  .filter((rows) => rows.some(([, positive]) => positive) && rows.some(([, positive]) => !positive))
  .map((rows) => ({
    scores: rows.map(([score]) => score / 20),
    positives: rows.map(([, positive]) => positive),
  }));

test("no threshold has a higher F1 than the chosen one, and what is told about it is what it does", () => {
  fc.assert(
    fc.property(cells, ({ scores, positives }) => {
      const point = chooseOperatingPoint(scores, positives);
      const confusion = confusionAt(scores, positives, point.threshold);
      expect([point.f1, point.sensitivity, point.specificity]).toEqual([
        f1(confusion),
        sensitivity(confusion),
        specificity(confusion),
      ]);
      for (const threshold of scores) {
        expect(f1(confusionAt(scores, positives, threshold))).toBeLessThanOrEqual(point.f1);
      }
    }),
  );
});

test("a target sensitivity is reached, and every higher score as threshold would miss it", () => {
  fc.assert(
    fc.property(cells, fc.double({ min: 0.01, max: 1, noNaN: true }), ({ scores, positives }, target) => {
      const { threshold, sensitivity: reached } = chooseOperatingPoint(scores, positives, {
        rule: "sensitivity",
        target,
      });
      expect(reached).toBeGreaterThanOrEqual(target);
      const lowestCalled = Math.min(...scores.filter((score) => score >= threshold));
      for (const higher of scores.filter((score) => score > lowestCalled)) {
        expect(sensitivity(confusionAt(scores, positives, higher))).toBeLessThan(target);
      }
    }),
  );
});
