import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ignoreProgress } from "../src/core/progress.ts";
import { loadDataset } from "../src/dataset/load-dataset.ts";
import { selectDevice } from "../src/engine/devices.ts";
import { synthesizeDataset } from "../src/synthesis/synthesize-dataset.ts";
import { parseTrainingSettings } from "../src/training/settings.ts";
import { train } from "../src/training/train.ts";
import { peakMemoryMegabytes, spread } from "./statistics.ts";

/**
 * Whole epochs of the paper's recipe on drawn cells, decoding and augmentation included, in images a second, and the peak
 * memory of the process. Compare with the bare step of `npm run bench -- steps` from the same quiet minutes.
 */
export async function benchEpoch({ threads }: { threads: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const { manifest } = await synthesizeDataset(
    { outFolder: join(folder, "cells"), cells: 1000, fields: 20, stain: "both", prevalence: 0.3, seed: 1, side: 112 },
    ignoreProgress,
  );
  const dataset = await loadDataset(manifest);
  const cells = dataset.cells.map((cell, index) => ({ ...cell, split: index % 5 === 0 ? "val" : "train" }) as const);
  const { history } = await train({
    dataset: { ...dataset, cells },
    settings: parseTrainingSettings({ epochs: 4 }, "the benchmark"),
    runFolder: join(folder, "run"),
    resume: false,
    session: { ...(await selectDevice("cpu", console.error)), threads },
    operatingPoint: { rule: "highest-f1" },
    version: "bench",
    reportProgress: ignoreProgress,
    reportEpoch: () => {},
    message: console.error,
    signal: new AbortController().signal,
  });
  const milliseconds = history.slice(1).map(({ imagesPerSecond }) => 1000 / imagesPerSecond);
  console.log(`whole epoch, milliseconds an image: ${spread(milliseconds)}`);
  console.log(`peak memory of the process: ${peakMemoryMegabytes().toFixed(0)} MB`);
  await rm(folder, { recursive: true });
}
