import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { compareOverSeeds, measureOverSeeds } from "./over-seeds.ts";

const random = new RandomStream("cells of ten fields");
const positives = Array.from({ length: 60 }, (_, cell) => cell % 3 === 0);
const cells = { positives, groups: positives.map((_, cell) => `field ${cell % 10}`) };
const training = () => ({
  scores: positives.map((positive) => random.uniform() + (positive ? 0.4 : 0)),
  threshold: 0.7,
});
const resampling = () => ({ stream: new RandomStream(1), resamples: 200 });
const [first, second, third] = [training(), training(), training()];

/** Share of pairs of a positive and a negative cell in which the positive one scores higher. */
function pairsInOrder(scores: readonly number[]): number {
  const of = (wanted: boolean) => scores.filter((_, cell) => positives[cell] === wanted);
  const pairs = of(true).flatMap((positive) => of(false).map((negative) => Number(positive > negative)));
  return pairs.reduce((sum, inOrder) => sum + inOrder, 0) / pairs.length;
}

test("mean and spread are those of the trainings by themselves", () => {
  const { auc, sensitivity } = measureOverSeeds([first, second, third], cells, resampling());
  const areas = [first, second, third].map(({ scores }) => pairsInOrder(scores));
  const mean = areas.reduce((sum, area) => sum + area, 0) / 3;
  expect(auc.mean).toBeCloseTo(mean, 12);
  expect(auc.standardDeviation).toBeCloseTo(
    Math.sqrt(areas.reduce((sum, area) => sum + (area - mean) ** 2, 0) / 2),
    12,
  );
  const called = [first, second, third].map(
    ({ scores }) => scores.filter((score, cell) => positives[cell] && score >= 0.7).length / 20,
  );
  expect(sensitivity.mean).toBeCloseTo((called[0]! + called[1]! + called[2]!) / 3, 12);
});

test("one training twice has the interval of one, and no spread", () => {
  const [once, twice] = [
    measureOverSeeds([first], cells, resampling()),
    measureOverSeeds([first, first], cells, resampling()),
  ];
  expect(once.auc.standardDeviation).toBeNull();
  expect(twice.auc.standardDeviation).toBe(0);
  expect(twice.auc.mean_ci95).toEqual(once.auc.mean_ci95);
  const [low, high] = once.auc.mean_ci95 ?? [1, 0];
  expect(low).toBeLessThan(pairsInOrder(first.scores));
  expect(high).toBeGreaterThan(pairsInOrder(first.scores));
});

test("pairs are measured on the same resamples: what only shifts all scores makes no difference anywhere", () => {
  const shifted = ({ scores, threshold }: typeof first) => ({
    scores: scores.map((score) => score + 1),
    threshold: threshold + 1,
  });
  const { auc, f1 } = compareOverSeeds(
    [
      [first, shifted(first)],
      [second, shifted(second)],
    ],
    cells,
    resampling(),
  );
  expect(auc).toEqual({ mean: 0, standardDeviation: 0, mean_ci95: [0, 0] });
  expect(f1).toEqual({ mean: 0, standardDeviation: 0, mean_ci95: [0, 0] });
});

test("no mean where one training has none: that of the others would be of other trainings", () => {
  const callsNothing = { scores: first.scores, threshold: 9 };
  const nobody = { positives: positives.map(() => false), groups: cells.groups };
  const { auc, f1 } = measureOverSeeds([first, callsNothing], nobody, resampling());
  expect(auc).toEqual({ mean: null, standardDeviation: null, mean_ci95: null });
  expect(f1).toEqual({ mean: null, standardDeviation: null, mean_ci95: null });
});
