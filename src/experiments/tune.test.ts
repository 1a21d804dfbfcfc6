import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawTinyDataset, TINY_SETTINGS } from "../../test/training/tiny-run.ts";
import { ignoreProgress } from "../core/progress.ts";
import { RandomStream } from "../core/random.ts";
import type { Dataset } from "../dataset/cell.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { runTuning, type TuningResult } from "./tune.ts";
import { tuningFolds } from "./tune-folds.ts";
import { gridCandidates, parseTuning } from "./tune-plan.ts";
import { tuningTable } from "./tune-tables.ts";

let folder: string;
let dataset: Dataset;

beforeAll(async () => {
  const drawn = await drawTinyDataset();
  folder = drawn.folder;
  dataset = await loadDataset(drawn.manifest);
});
afterAll(() => rm(folder, { recursive: true }));

const candidates = gridCandidates(
  parseTuning(
    {
      base: { ...TINY_SETTINGS, epochs: 1 },
      vary: { "schedule.learningRate": [0.01, 0.001], weights: [null, "nowhere.safetensors"] },
    },
    "the test",
  ),
);
const [fast, , slow] = candidates;

/** Stops after so many finished trainings, as Ctrl-C does. */
async function search(stopAfter = Number.POSITIVE_INFINITY): Promise<TuningResult> {
  const stop = new AbortController();
  return runTuning({
    ...{ title: "a search", search: { kind: "grid" }, candidates, dataset, foldBy: "auto" },
    folds: tuningFolds(dataset, { folds: 2, by: "auto", stream: new RandomStream(1) }),
    folder: join(folder, "runs"),
    session: { device: "cpu", threads: 1, blockSize: 0 },
    version: "0.0.0-test",
    reportProgress: ignoreProgress,
    reportResult: (_, { finished }) => {
      if (finished.length >= stopAfter) stop.abort();
    },
    message: () => {},
    signal: stop.signal,
  });
}

const runFolder = (id: string | undefined, fold: number) => join(folder, "runs", `${id}-fold-${fold}-of-2`);

test("a search that was stopped goes on; what fails is listed, and the others are ranked by their mean", {
  timeout: 120_000,
}, async () => {
  const stopped = await search(1);
  expect(stopped.left).toBe(7);
  expect(stopped.candidates[0]).toMatchObject({ id: fast?.id, rank: 1 });
  const model = join(runFolder(fast?.id, 1), "model.onnx");
  const { mtimeMs } = await stat(model);

  const result = await search();
  expect((await stat(model)).mtimeMs).toBe(mtimeMs);
  expect(result.left).toBe(0);
  expect(result.failed.map(({ candidate, fold, code }) => [candidate, fold, code])).toEqual([
    [candidates[1]?.id, 1, "WEIGHTS_FILE_MISSING"],
    [candidates[3]?.id, 1, "WEIGHTS_FILE_MISSING"],
    [candidates[1]?.id, 2, "WEIGHTS_FILE_MISSING"],
    [candidates[3]?.id, 2, "WEIGHTS_FILE_MISSING"],
  ]);

  // The means again, from the files of the runs.
  const aucOf = async (id: string | undefined, fold: number): Promise<number> =>
    JSON.parse(await readFile(join(runFolder(id, fold), "evaluation.json"), "utf8")).validation.auc;
  const means = await Promise.all(
    [fast, slow].map(async (candidate) => ((await aucOf(candidate?.id, 1)) + (await aucOf(candidate?.id, 2))) / 2),
  );
  const [first, second, ...unranked] = result.candidates;
  expect(first?.auc).toBeCloseTo(Math.max(...means), 12);
  expect(second?.auc).toBeCloseTo(Math.min(...means), 12);
  expect(second?.behind).toBeCloseTo(Math.max(...means) - Math.min(...means), 12);
  expect(result.candidates.map(({ rank }) => rank)).toEqual([1, 2, null, null]);
  expect(unranked.map(({ auc }) => auc)).toEqual([null, null]);

  const table = tuningTable(result);
  expect(table.columns.map(({ heading }) => heading).slice(0, 4)).toEqual([
    ...["Rank", "schedule.learningRate", "weights", "AUC"],
  ]);
  for (const row of table.rows) expect(row).toHaveLength(table.columns.length);
});
