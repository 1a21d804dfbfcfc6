import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { costOf } from "../../src/networks/cost.ts";
import { drawTinyDataset } from "./tiny-run.ts";

const WIDTH = 0.4;

/** Greatest memory of a whole training, bytes. */
async function memoryOfTraining(manifest: string, runFolder: string, width: number): Promise<number> {
  const script = join(import.meta.dirname, "run-measured-process.ts");
  const flags = ["--disable-warning=ExperimentalWarning"];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    script,
    manifest,
    runFolder,
    String(width),
  ]);
  return Number(stdout);
}

/**
 * Weights, momentum and gradient sums take three times the weights, the gradient of the largest layer and the model that is
 * validated about as much, and what else a wider network has comes on top: eight times in all. With copies between threads,
 * for the update and for the files it was seventeen times.
 */
test("a training in micro-batches takes less than twelve times its weights, from its start to the finished model", async () => {
  const { folder, manifest } = await drawTinyDataset(12);
  const weights = 4 * costOf({ name: "alexnet", widthMultiplier: WIDTH }).parameters;
  const small = await memoryOfTraining(manifest, join(folder, "small"), 1 / 64);
  const large = await memoryOfTraining(manifest, join(folder, "large"), WIDTH);
  expect((large - small) / weights).toBeLessThan(12);
}, 300_000);
