import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { evaluateScores } from "../evaluation/evaluate.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { HistoryRow } from "./charts/training-curves.ts";
import { evaluationPage } from "./evaluation-page.ts";
import { trainingPage } from "./training-page.ts";

const NAMES = { positive: "mn", negative: "normal" };

function evaluation(threshold: number, grouped: boolean): Evaluation {
  const stream = new RandomStream("page");
  const positives = Array.from({ length: 300 }, (_, cell) => cell % 6 === 0);
  const scores = positives.map((positive) => 1 / (1 + Math.exp(-stream.normal(positive ? 1 : -2))));
  return evaluateScores({
    scores,
    positives,
    groups: grouped ? positives.map((_, cell) => `S-${cell % 25}`) : undefined,
    groupedBy: "field",
    threshold,
    thresholdSource: "highest F1 on the validation split",
    stream: new RandomStream(1),
    resamples: 200,
  });
}

function page(ofEvaluation: Evaluation): string {
  return evaluationPage({
    title: "Evaluation of <model> & co",
    evaluation: ofEvaluation,
    classNames: NAMES,
    facts: [["Data", "data.csv"]],
    warnings: ["12 rows have no probability."],
  });
}

function expectSelfContained(document: string): void {
  expect(document.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|src=|<link|<script|@import|url\(/);
  expect(document).toContain("default-src 'none'");
  expect(document).not.toMatch(/NaN|Infinity|\[object/);
}

test("an evaluation page says what was measured, with intervals, threshold and their origin", () => {
  const measured = evaluation(0.3, true);
  const document = page(measured);
  const [low, high] = measured.auc_ci95 ?? [0, 0];
  expect(document).toContain(`AUC ${measured.auc?.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`);
  expect(document).toContain("at least 0.3 (highest F1 on the validation split)");
  expect(document).toContain("200 bootstrap resamples of whole groups of cells (25 groups by field)");
  expect(document).toContain("At a threshold of 0.5");
  expect(document).toContain("12 rows have no probability.");
  for (const { group } of measured.groups) expect(document).toContain(`<th scope="row">${group}</th>`);
});

test("without groups the page says that the intervals are over cells, and warns", () => {
  const document = page(evaluation(0.5, false));
  expect(document).toContain("single cells (300; no group is known)");
  expect(document).toContain("Intervals take every cell as independent");
  expect(document).not.toContain("By field");
});

test("pages need nothing from elsewhere, escape what they are given, and are the same bytes twice", () => {
  const document = page(evaluation(0.3, true));
  expectSelfContained(document);
  expect(document).toContain("<h1>Evaluation of &lt;model&gt; &amp; co</h1>");
  expect(page(evaluation(0.3, true))).toBe(document);
});

test("every undefined value stands with its reason", () => {
  const oneClass = evaluateScores({
    scores: [3, -2, 5],
    positives: [false, false, false],
    threshold: 0,
    thresholdSource: "given",
    stream: new RandomStream(1),
    resamples: 50,
  });
  const document = page(oneClass);
  expectSelfContained(document);
  expect(document).toContain("undefined: there is no positive cell");
  expect(document).toContain("Calibration is undefined: the scores are not probabilities.");
});

function history(epochs: number): HistoryRow[] {
  return Array.from({ length: epochs }, (_, index) => ({
    epoch: index + 1,
    trainLoss: 0.2 / (index + 1),
    validationLoss: 0.25 / (index + 1),
    validationAuc: 0.9 + index / 1000,
    learningRate: 0.01,
    imagesPerSecond: 40 + index,
  }));
}

function training(epochs: number, running: boolean): string {
  return trainingPage({
    title: "Training of alexnet-attention",
    history: history(epochs),
    totalEpochs: 20,
    keptEpoch: epochs === 0 ? null : epochs - 1,
    keptBecause: "highest validation AUC",
    running,
    facts: [["Seed", "1"]],
  });
}

test("a training page under way reloads itself; a finished one does not", () => {
  expect(training(3, true)).toContain('<meta http-equiv="refresh" content="15">');
  expect(training(3, true)).toContain("Running: 3 of 20 epochs done.");
  expect(training(20, false)).not.toContain('http-equiv="refresh"');
  expect(training(20, false)).toContain("Finished: 20 epochs.");
  expect(training(7, false)).toContain("Stopped after 7 of 20 epochs.");
});

test("a training page holds every epoch and sets the kept one apart", () => {
  const document = training(5, false);
  expect(document).toContain("The weights of epoch 4 are kept (highest validation AUC).");
  const [marked = ""] = /<tr class="marked">.*/.exec(document) ?? [];
  expect(marked).toContain('<th scope="row" class="number">4</th><td class="number">0.0500</td>');
  expect(marked).toContain("0.9030");
  expectSelfContained(document);
});

test("a training page before its first epoch is a whole page", () => {
  const document = training(0, true);
  expect(document).toContain("Running: 0 of 20 epochs done.");
  expectSelfContained(document);
});
