import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { RandomStream } from "../src/core/random.ts";
import type { Cell } from "../src/dataset/cell.ts";
import type { Confusion } from "../src/evaluation/confusion.ts";
import { bootstrapIntervals, resamplingUnits } from "../src/evaluation/intervals.ts";
import { confusionMeter, rankingMetrics, thresholdMetrics } from "../src/evaluation/measures.ts";
import { inRankOrder, rankByScore } from "../src/evaluation/ranking.ts";
import type { RunEvaluation } from "../src/training/finish.ts";
import { RUN_FILES } from "../src/training/run-folder.ts";
import { readCells } from "./read-cells.ts";

/*
 * node bench/folds.ts RUN...   the folds of one cross-validation (mn train --fold K/N --fold-by group --balanced) together, a
 *                              table for each source. Calls are those at each fold's own operating point; the AUC is the mean of
 *                              the folds', since each fold's probabilities are calibrated by themselves. Intervals over fields.
 */
interface Fold {
  readonly name: string;
  readonly threshold: number;
  readonly cells: readonly Cell[];
}

const METRICS = ["accuracy", "auc", "sensitivity", "specificity", "precision", "f1"] as const;
type FoldMetric = (typeof METRICS)[number];

const folds = await Promise.all(process.argv.slice(2).map(readFold));
const sources = new Set(folds.flatMap(({ cells }) => cells.map(sourceOf)));
for (const source of sources) printSource(source);

async function readFold(run: string): Promise<Fold> {
  const { operatingPoint } = JSON.parse(await readFile(join(run, RUN_FILES.evaluation), "utf8")) as RunEvaluation;
  const cells = await readCells(join(run, RUN_FILES.testScores));
  return { name: basename(run), threshold: operatingPoint.threshold, cells };
}

function printSource(source: string): void {
  const own = folds
    .map((fold) => ({ ...fold, cells: fold.cells.filter((cell) => sourceOf(cell) === source) }))
    .filter(({ cells }) => cells.length > 0);
  const cells = own.flatMap((fold) => fold.cells);
  const units = resamplingUnits(
    cells.length,
    cells.map(({ field }) => field ?? null),
  );
  const measure = meterOf(own);
  const measured = measure(new Float64Array(cells.length).fill(1));
  const { intervals } = bootstrapIntervals({ units, resamples: 2000, stream: new RandomStream("folds"), measure });
  const positives = cells.filter(isPositive).length;
  console.log(`\n${source}: ${cells.length} cells, ${positives} mn, ${units.count} fields\n`);
  for (const metric of METRICS) console.log(`  ${metric.padEnd(12)}${shown(measured[metric], intervals[metric])}`);
  console.log("\n  fold, threshold, AUC; its groups:");
  for (const fold of own) {
    console.log(`  ${fold.name}  ${fold.threshold.toFixed(3)}  ${shown(areaOf(fold.cells))}`);
    // A source whose every field is a group has no groups to show.
    const groups = Map.groupBy(fold.cells, ({ group }) => group ?? "");
    if (groups.size >= 10) continue;
    for (const [group, ofGroup] of groups) {
      console.log(
        `    ${group}: ${shown(areaOf(ofGroup))}  ${ofGroup.filter(isPositive).length} mn of ${ofGroup.length}`,
      );
    }
  }
}

/** The metrics of folds together, each cell counted as often as its weight says. */
function meterOf(own: readonly Fold[]): (weights: Float64Array) => Record<FoldMetric, number | null> {
  let begins = 0;
  const parts = own.map(({ cells, threshold }) => {
    const ranking = rankByScore(cells.map(scoreOf), cells.map(isPositive));
    const begin = begins;
    begins += cells.length;
    const confusionOf = confusionMeter(ranking, threshold);
    return (weights: Float64Array) => {
      const inOrder = inRankOrder(ranking, weights.subarray(begin, begin + cells.length));
      return { confusion: confusionOf(inOrder), auc: rankingMetrics(ranking, inOrder).auc };
    };
  });
  return (weights) => {
    const measured = parts.map((part) => part(weights));
    const areas = measured.flatMap(({ auc }) => auc ?? []);
    const { accuracy, sensitivity, specificity, precision, f1 } = thresholdMetrics(
      measured.map(({ confusion }) => confusion).reduce(plus),
    );
    const auc = areas.length < parts.length ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length;
    return { accuracy, auc, sensitivity, specificity, precision, f1 };
  };
}

function plus(first: Confusion, second: Confusion): Confusion {
  return {
    tp: first.tp + second.tp,
    fp: first.fp + second.fp,
    fn: first.fn + second.fn,
    tn: first.tn + second.tn,
  };
}

function areaOf(cells: readonly Cell[]): number | null {
  const ranking = rankByScore(cells.map(scoreOf), cells.map(isPositive));
  return rankingMetrics(ranking, new Float64Array(cells.length).fill(1)).auc;
}

function shown(value: number | null, interval?: readonly [number, number] | null): string {
  const range = interval ? ` (${interval.map((limit) => limit.toFixed(3)).join("–")})` : "";
  return `${value?.toFixed(3) ?? "-"}${range}`;
}

function sourceOf({ columns }: Cell): string {
  return columns.source ?? "";
}

function scoreOf({ columns }: Cell): number {
  return Number(columns.probability);
}

function isPositive({ label }: Cell): boolean {
  return label === "mn";
}
