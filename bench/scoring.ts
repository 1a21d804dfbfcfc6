import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ignoreProgress } from "../src/core/progress.ts";
import { readManifest } from "../src/dataset/manifest.ts";
import { MODEL_IN_THE_BOX, readModel } from "../src/scoring/model.ts";
import { scoreCells } from "../src/scoring/score-cells.ts";
import { synthesizeDataset } from "../src/synthesis/synthesize-dataset.ts";
import { peakMemoryMegabytes } from "./statistics.ts";

/** Drawn pictures that are read again and again; drawing 10,000 would take longer than scoring them. */
const DRAWN = 500;

/** Scores many images with the model in the box: images a second, and memory along the way. */
export async function benchScoring({ cells, threads }: { cells: number; threads: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const { manifest } = await synthesizeDataset(
    { outFolder: join(folder, "cells"), cells: DRAWN, fields: 20, stain: "dapi", prevalence: 0.1, seed: 1, side: 112 },
    ignoreProgress,
  );
  const paths: string[] = [];
  for await (const { path } of readManifest(manifest)) paths.push(path);
  const images = Array.from({ length: cells }, (_, index) => ({
    path: paths[index % paths.length] as string,
    source: index,
  }));
  const model = await readModel(MODEL_IN_THE_BOX);
  const started = performance.now();
  let done = 0;
  for await (const _ of scoreCells(model, images, { session: { device: "cpu", threads } })) {
    if (++done % 2000 !== 0) continue;
    const speed = done / ((performance.now() - started) / 1000);
    const memory = process.memoryUsage().rss / 2 ** 20;
    console.log(
      `${done} images, ${speed.toFixed(0)} a second, ${memory.toFixed(0)} MB now, ${peakMemoryMegabytes().toFixed(0)} MB at most`,
    );
  }
  await rm(folder, { recursive: true });
}
