import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { evaluateScores } from "./evaluate.ts";
import type { Evaluation } from "./evaluation.ts";

const LABELS = [..."1011001001"].map((label) => label === "1");
const PROBABILITIES = [0.95, 0.1, 0.8, 0.55, 0.45, 0.2, 0.7, 0.6, 0.05, 0.35];

function evaluate(
  scores: readonly number[],
  positives: readonly boolean[],
  more: { groups?: string[]; threshold?: number; resamples?: number; seed?: number } = {},
): Evaluation {
  return evaluateScores({
    scores,
    positives,
    groups: more.groups,
    groupedBy: "field",
    threshold: more.threshold ?? 0.5,
    thresholdSource: "given",
    stream: new RandomStream(more.seed ?? 1),
    resamples: more.resamples ?? 300,
  });
}

/** Cells in fields, two Gaussian scores pressed into (0, 1). */
function drawnCells(cells: number, seed: string): { scores: number[]; positives: boolean[]; fields: string[] } {
  const stream = new RandomStream(seed);
  const positives = Array.from({ length: cells }, () => stream.chance(0.1));
  const scores = positives.map((positive) => 1 / (1 + Math.exp(-stream.normal(positive ? 1 : -2, 1.2))));
  return { scores, positives, fields: positives.map((_, cell) => `field ${cell % 50}`) };
}

test("the worked example comes out as computed in Python, at the threshold and at 0.5", () => {
  const evaluation = evaluate(PROBABILITIES, LABELS, { threshold: 0.75 });
  expect(evaluation).toMatchObject({
    cells: 10,
    positives: 5,
    threshold: 0.75,
    confusion: { tp: 2, fp: 0, fn: 3, tn: 5 },
  });
  expect(evaluation.auc).toBeCloseTo(0.88, 14);
  expect(evaluation.ap).toBeCloseTo(0.9028571428571428, 14);
  expect(evaluation.f1).toBeCloseTo(4 / 7, 14);
  expect(evaluation.sensitivity).toBeCloseTo(0.4, 14);
  expect(evaluation.specificity).toBe(1);
  expect(evaluation.brier).toBeCloseTo(0.13725, 14);
  expect(evaluation.aucStandardErrorDelong).toBeCloseTo(0.1131370849898476, 14);
  expect(evaluation.atHalf).toMatchObject({ threshold: 0.5, confusion: { tp: 4, fp: 1, fn: 1, tn: 4 } });
  expect(evaluation.atHalf.f1).toBeCloseTo(0.8, 14);
});

test("same input and seed give the same bytes; another seed moves the intervals only", () => {
  const { scores, positives, fields } = drawnCells(400, "bytes");
  const once = evaluate(scores, positives, { groups: fields });
  expect(JSON.stringify(evaluate(scores, positives, { groups: fields }))).toBe(JSON.stringify(once));
  const other = evaluate(scores, positives, { groups: fields, seed: 2 });
  expect(other.auc).toBe(once.auc);
  expect(other.auc_ci95).not.toEqual(once.auc_ci95);
});

test("nothing is NaN or infinite, whatever is undefined: JSON holds every number", () => {
  const sets = [
    evaluate([0.2, 0.4], [false, false]),
    evaluate([0.2, 0.4], [true, true]),
    evaluate([0.7], [true], { groups: ["only"] }),
    evaluate([3, -2, 5, 5], [true, false, true, false]),
    evaluate([0.5, 0.5, 0.5], [true, false, true], { resamples: 0 }),
  ];
  const check = (value: unknown): void => {
    if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(check);
    else expect(value).not.toBeUndefined();
  };
  sets.forEach(check);
});

test("one class only: AUC, precision and sensitivity are null with a reason, specificity is there", () => {
  const evaluation = evaluate([0.1, 0.2, 0.3], [false, false, false]);
  expect(evaluation).toMatchObject({ auc: null, auc_ci95: null, ap: null, sensitivity: null, precision: null });
  expect(evaluation.specificity).toBe(1);
  expect(evaluation.undefinedBecause).toMatchObject({
    auc: "it needs positive and negative cells",
    sensitivity: "there is no positive cell",
    precision: "no cell is called positive",
  });
  expect(evaluation.curves.roc).toBeNull();
});

test("scores that are no probabilities are ranked and called, but not calibrated", () => {
  const evaluation = evaluate([4, -3, 2, -1], [true, false, true, false], { threshold: 0 });
  expect(evaluation).toMatchObject({ auc: 1, f1: 1, brier: null, ece: null, reliability: null });
  expect(evaluation.undefinedBecause.brier).toContain("not probabilities");
  expect(evaluation.notes.join()).toContain("no width for Accuracy");
});

test("every interval contains its value on a large sample", () => {
  const { scores, positives } = drawnCells(2000, "large");
  const evaluation = evaluate(scores, positives);
  for (const metric of ["auc", "ap", "f1", "precision", "sensitivity", "specificity", "brier", "logLoss"] as const) {
    const [low, high] = evaluation[`${metric}_ci95`] ?? [1, 0];
    expect(low).toBeLessThan(evaluation[metric] as number);
    expect(high).toBeGreaterThan(evaluation[metric] as number);
  }
});

test("the AUC interval covers the true AUC in about 95 of 100 samples", () => {
  // Two normals 1.5 apart with unit variance: AUC = P(Z < 1.5 / sqrt 2).
  const truth = 0.8555778168267576;
  const stream = new RandomStream("coverage");
  const covered = Array.from({ length: 100 }, (_, sample) => {
    const positives = Array.from({ length: 150 }, (_, cell) => cell % 3 === 0);
    const scores = positives.map((positive) => stream.normal(positive ? 1.5 : 0));
    const [low, high] = evaluate(scores, positives, { resamples: 200, seed: sample }).auc_ci95 ?? [1, 0];
    return low <= truth && truth <= high;
  });
  const count = covered.filter(Boolean).length;
  expect(count).toBeGreaterThanOrEqual(88);
  expect(count).toBeLessThanOrEqual(100);
});

test("a resample without positives does not count as an F1 of 0", () => {
  // One positive among ten, found: more than a third of the resamples lack it, and no interval can be given.
  const positives = Array.from({ length: 10 }, (_, cell) => cell === 0);
  const { f1, f1_ci95, undefinedBecause } = evaluate(positives.map(Number), positives);
  expect([f1, f1_ci95]).toEqual([1, null]);
  expect(undefinedBecause.f1_ci95).toMatch(/undefined in \d+ of 300 resamples/);
});

test("groups are drawn whole and each is measured by itself", () => {
  const { scores, positives, fields } = drawnCells(1000, "groups");
  const evaluation = evaluate(scores, positives, { groups: fields, resamples: 100 });
  expect(evaluation.intervals).toMatchObject({ unit: "group", units: 50, groupedBy: "field", resamples: 100 });
  expect(evaluation.groups).toHaveLength(50);
  const inFirst = scores.filter((_, cell) => fields[cell] === "field 0");
  const labelsOfFirst = positives.filter((_, cell) => fields[cell] === "field 0");
  const alone = evaluate(inFirst, labelsOfFirst, { resamples: 0 });
  expect(evaluation.groups[0]).toMatchObject({
    group: "field 0",
    cells: 20,
    auc: alone.auc,
    f1: alone.f1,
    confusion: alone.confusion,
  });
});

test("the confusion matrices of the groups add up to the whole", () => {
  const { scores, positives, fields } = drawnCells(500, "sum");
  const { groups, confusion } = evaluate(scores, positives, { groups: fields, resamples: 0 });
  for (const outcome of ["tp", "fp", "fn", "tn"] as const) {
    expect(groups.reduce((sum, group) => sum + group.confusion[outcome], 0)).toBe(confusion[outcome]);
  }
});

test("stored curves stay small, keep both ends, and lie within 1/300 of the area", () => {
  const { scores, positives } = drawnCells(20_000, "curves");
  const { curves, auc } = evaluate(scores, positives, { resamples: 0 });
  const { x, y, thresholds } = curves.roc ?? { x: [], y: [], thresholds: [] };
  expect(x.length).toBeLessThan(700);
  expect([x[0], y[0], thresholds[0], x.at(-1), y.at(-1)]).toEqual([0, 0, null, 1, 1]);
  let area = 0;
  for (let i = 1; i < x.length; i++) {
    area += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2;
  }
  expect(Math.abs(area - (auc as number))).toBeLessThan(1 / 300);
  const cellsInHistogram = [...curves.histogram.positives, ...curves.histogram.negatives];
  expect(cellsInHistogram.reduce((sum, count) => sum + count, 0)).toBe(20_000);
});

test("10,000 cells with 1,000 resamples of all metrics take less than 5 seconds of processor time", () => {
  const { scores, positives, fields } = drawnCells(10_000, "speed");
  const start = process.cpuUsage();
  evaluate(scores, positives, { groups: fields, resamples: 1000 });
  // Processor time: a busy machine must not fail the test.
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
});
