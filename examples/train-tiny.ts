/*
 * From drawn cells to an explained, evaluated decision, with the library alone. A small network, so that it takes seconds:
 *
 *   node examples/train-tiny.ts FOLDER
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  assignSplits,
  encodePng,
  evaluateScores,
  loadDataset,
  overlayAttention,
  parseTrainingSettings,
  RandomStream,
  readImage,
  readModel,
  scoreCells,
  synthesizeDataset,
  train,
} from "../src/index.ts";

const folder = process.argv[2] ?? "tiny";
const stream = new RandomStream(1);

// 1. Cells: drawn here; a folder with mn/ and normal/ would do as well.
const drawn = await synthesizeDataset({
  ...{ outFolder: join(folder, "cells"), cells: 90, fields: 9, stain: "dapi", prevalence: 0.5, seed: 1, side: 96 },
});
const loaded = await loadDataset(drawn.manifest);
const dataset = {
  ...loaded,
  cells: assignSplits(loaded.cells, { groupBy: "field", stream: stream.fork("split") }).cells,
};

// 2. Training: the paper's network with a few filters, a few epochs.
const settings = parseTrainingSettings(
  {
    network: { name: "alexnet-attention", widths: [16, 16, 16, 16, 16], attention: { channels: 16 } },
    side: 96,
    epochs: 3,
    batch: 16,
  },
  "this example",
);
const runFolder = join(folder, "run");
const session = { device: "cpu", blockSize: 0, threads: 0 } as const;
const { best } = await train({
  ...{ dataset, settings, runFolder, session, resume: false, version: "example" },
  operatingPoint: { rule: "highest-f1" },
  reportProgress: () => {},
  reportEpoch: () => {},
  message: (text) => console.log(text),
  signal: new AbortController().signal,
});
console.log(`Kept epoch ${best?.epoch}.`);

// 3. Scores and evaluation on fields that the training has not seen.
const model = await readModel(join(runFolder, "model.onnx"));
const test = dataset.cells.filter(({ split }) => split === "test");
const scores: number[] = [];
for await (const scored of scoreCells(
  model,
  test.map((cell) => ({ path: cell.path, source: cell })),
  { session },
)) {
  if ("error" in scored) throw new Error(scored.error.message);
  scores.push(scored.score.probability);
  // 4. Where it looked.
  const map = scored.score.attention.attention_6;
  if (map === undefined || scores.length > 1) continue;
  const overlay = overlayAttention(await readImage(scored.source.path), map);
  await writeFile(join(folder, "overlay.png"), await encodePng(overlay));
}
const { auc, auc_ci95 } = evaluateScores({
  scores,
  positives: test.map(({ label }) => label === dataset.positiveClass),
  groups: test.map(({ field }) => field ?? null),
  groupedBy: "field",
  threshold: model.metadata.operating_point.threshold,
  thresholdSource: model.metadata.operating_point.chosen_on,
  stream: stream.fork("intervals"),
  resamples: 200,
});
console.log(
  `AUC ${auc?.toFixed(2)} (${auc_ci95?.map((limit) => limit.toFixed(2)).join(" to ")}) on ${test.length} cells.`,
);
