import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { partsOf } from "../src/cli/calibrate-run.ts";
import { writeFileAtomically } from "../src/core/files.ts";
import { ignoreProgress } from "../src/core/progress.ts";
import { RandomStream } from "../src/core/random.ts";
import type { Cell } from "../src/dataset/cell.ts";
import { evaluateScores } from "../src/evaluation/evaluate.ts";
import type { Evaluation } from "../src/evaluation/evaluation.ts";
import { chooseOperatingPoint } from "../src/evaluation/operating-point.ts";
import { applyCalibration, type Calibration } from "../src/evaluation/recalibration-choice.ts";
import { standaloneSvg } from "../src/report/charts/axes.ts";
import { reliabilityDiagram } from "../src/report/charts/reliability-diagram.ts";
import { MODEL_IN_THE_BOX, readModel } from "../src/scoring/model.ts";
import { measureCells } from "../src/training/measure-cells.ts";
import { readCells } from "./read-cells.ts";

interface MeasuredCell {
  readonly cell: Cell;
  /** Calibrated, as the model gives it, and as trained. */
  readonly probability: number;
  readonly before: number;
}

const METRICS = ["auc", "ap", "accuracy", "f1", "sensitivity", "specificity", "precision"] as const;

/**
 * What the card of the model in the box says of its validation cells: metrics by source at the operating point and at the
 * highest F1, calibration before and after, with reliability diagrams into the folder `pictures`. `data` holds the folder
 * `cells`.
 */
export async function benchCard(request: { data: string; pictures: string; threads: number }): Promise<void> {
  const { data, pictures, threads } = request;
  await mkdir(pictures, { recursive: true });
  const model = await readModel(MODEL_IN_THE_BOX);
  const { calibration, operating_point, unfamiliarity } = model.metadata;
  const cells = (await readCells(join(data, "cells/manifest.csv"))).filter(
    ({ split, label }) => split === "val" && label !== "ambiguous",
  );
  const measuring = { session: { device: "cpu" as const, threads }, stage: "", reportProgress: ignoreProgress };
  const measured: MeasuredCell[] = [];
  for await (const { logit } of measureCells(partsOf(model).weighed, cells, measuring)) {
    const cell = cells[measured.length] as Cell;
    const probability = Math.fround(applyCalibration(calibration as Calibration, logit));
    measured.push({ cell, probability, before: applyCalibration({ method: "none" }, logit) });
  }

  const bySource = Map.groupBy(measured, ({ cell }) => cell.columns.source ?? "");
  const highestF1 = chooseOperatingPoint(measured.map(probabilityOf), measured.map(isPositive));
  for (const [source, own] of bySource) {
    console.log(`\n## ${source}: ${own.length} cells, ${own.filter(isPositive).length} mn`);
    const after = evaluation(own, probabilityOf, operating_point.threshold);
    printMetrics(`at its operating point ${operating_point.threshold.toFixed(3)}`, after);
    const atHighestF1 = evaluation(own, probabilityOf, highestF1.threshold);
    printMetrics(`at the highest F1 of all, ${highestF1.threshold.toFixed(3)}`, atHighestF1);
    const before = evaluation(own, ({ before }) => before, 0.5);
    console.log(`  calibration before: Brier ${shown(before, "brier")}, error ${shown(before, "ece")}`);
    console.log(`  calibration after:  Brier ${shown(after, "brier")}, error ${shown(after, "ece")}`);
    const mean = own.reduce((sum, cell) => sum + cell.probability, 0) / own.length;
    console.log(`  mean probability after ${mean.toFixed(3)}, observed ${after.prevalence.toFixed(3)}`);
    await drawReliability(join(pictures, `${source}.svg`), after);
  }

  console.log("\n## Calibration, each method measured on fields that its fit had not seen\n");
  for (const [method, quality] of Object.entries(calibration.measured ?? {})) {
    if (quality === undefined) continue;
    const { brier, log_loss, ece } = quality;
    console.log(`| ${method} | ${[brier, log_loss, ece].map((value) => value.toFixed(4)).join(" | ")} |`);
  }
  console.log(`\nmethod: ${calibration.method}, ${calibration.curve?.logits.length ?? 0} points`);
  const [before, after] = [
    evaluation(measured, ({ before }) => before, 0.5),
    evaluation(measured, probabilityOf, operating_point.threshold),
  ];
  await drawReliability(join(pictures, "as-trained.svg"), before);
  await drawReliability(join(pictures, "calibrated.svg"), after);
  console.log("\n| probability | before: cells | mean | observed | after: cells | mean | observed |");
  for (let bin = 0; bin < 10; bin++) {
    const range = `${(bin / 10).toFixed(1)}–${((bin + 1) / 10).toFixed(1)}`;
    console.log(`| ${range} | ${binOf(before, bin)} | ${binOf(after, bin)} |`);
  }
  console.log(`\nunfamiliar above ${unfamiliarity?.threshold.toFixed(3)}`);
}

function evaluation(
  cells: readonly MeasuredCell[],
  scoreOf: (cell: MeasuredCell) => number,
  threshold: number,
): Evaluation {
  const fields = cells.map(({ cell }) => cell.field ?? null);
  return evaluateScores({
    scores: cells.map(scoreOf),
    positives: cells.map(isPositive),
    // So few fields say nothing of how fields vary.
    ...(new Set(fields).size < 10 ? {} : { groups: fields }),
    threshold,
    thresholdSource: "",
    stream: new RandomStream("card"),
    resamples: 2000,
  });
}

async function drawReliability(path: string, { reliability }: Evaluation): Promise<void> {
  if (reliability === null) return;
  await writeFileAtomically(path, standaloneSvg(reliabilityDiagram(reliability.equalWidth)));
}

function printMetrics(title: string, measured: Evaluation): void {
  console.log(`  ${title}; intervals over ${measured.intervals.units} ${measured.intervals.unit}s`);
  for (const metric of METRICS) console.log(`    ${metric.padEnd(12)}${shown(measured, metric)}`);
  const { tp, tn } = measured.confusion;
  console.log(`    right       ${tp + tn} of ${measured.cells}`);
}

function shown(measured: Evaluation, metric: (typeof METRICS)[number] | "brier" | "ece"): string {
  const interval = measured[`${metric}_ci95`];
  const range = interval === null ? "" : ` (${interval.map((limit) => limit.toFixed(3)).join("–")})`;
  return `${measured[metric]?.toFixed(3) ?? "-"}${range}`;
}

function binOf({ reliability }: Evaluation, place: number): string {
  const bin = reliability?.equalWidth.find(({ lower }) => Math.round(lower * 10) === place);
  return bin === undefined || bin.cells === 0
    ? "0 | | "
    : `${bin.cells.toLocaleString("en")} | ${bin.meanProbability.toFixed(3)} | ${bin.observed.toFixed(3)}`;
}

function probabilityOf({ probability }: MeasuredCell): number {
  return probability;
}

function isPositive({ cell }: MeasuredCell): boolean {
  return cell.label === "mn";
}
