import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomically } from "../src/core/files.ts";
import { standaloneSvg } from "../src/report/charts/axes.ts";
import { trainingCurves } from "../src/report/charts/training-curves.ts";
import type { RunEvaluation } from "../src/training/finish.ts";
import { type EpochRecord, readHistory } from "../src/training/history.ts";

/*
 * node bench/results.ts OUT RUN...   the histories (CSV), curves (SVG) and one table (Markdown) of finished runs
 */
const [out = "docs/results", ...runs] = process.argv.slice(2);
await mkdir(out, { recursive: true });
const rows = [
  "| run | epochs | kept | minutes | cells measured | AUC | AP | F1 | sensitivity | specificity |",
  "| --- | ---: | ---: | ---: | --- | --- | --- | --- | --- | --- |",
];
for (const run of runs) {
  const name = basename(run);
  const history = await readHistory(run, Number.POSITIVE_INFINITY);
  const evaluation = JSON.parse(await readFile(join(run, "evaluation.json"), "utf8")) as RunEvaluation;
  await copyFile(join(run, "history.csv"), join(out, `${name}.csv`));
  await writeFileAtomically(join(out, `${name}.svg`), standaloneSvg(curvesOf(history)));
  rows.push(tableRow(name, history, evaluation));
}
await writeFileAtomically(join(out, "runs.md"), `${rows.join("\n")}\n`);
console.log(rows.join("\n"));

function curvesOf(history: readonly EpochRecord[]) {
  return trainingCurves({
    history: history.map(({ trainingLoss, ...record }) => ({ ...record, trainLoss: trainingLoss })),
    curves: [{ quantity: "validationAuc", name: "validation AUC", colour: "positive" }],
    label: "Validation AUC",
    totalEpochs: history.length,
    keptEpoch: history.findLast(({ kept }) => kept)?.epoch ?? null,
    scale: "around values",
  });
}

function tableRow(name: string, history: readonly EpochRecord[], { test, validation }: RunEvaluation): string {
  const measured = test ?? validation;
  const minutes = history.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const value = (metric: "auc" | "ap" | "f1" | "sensitivity" | "specificity") => {
    const interval = measured[`${metric}_ci95`];
    const range = interval === null ? "" : ` (${interval.map((limit) => limit.toFixed(3)).join("–")})`;
    return `${measured[metric]?.toFixed(3) ?? "-"}${range}`;
  };
  return `| ${[
    name,
    history.length,
    history.findLast(({ kept }) => kept)?.epoch ?? "-",
    minutes.toFixed(0),
    `${measured.cells} ${test === null ? "validation" : "test"}, ${measured.positives} mn`,
    ...(["auc", "ap", "f1", "sensitivity", "specificity"] as const).map(value),
  ].join(" | ")} |`;
}
