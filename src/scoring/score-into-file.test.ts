import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TINY_METADATA, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { scoreIntoFile } from "./score-into-file.ts";

const NAMES = ["1.png", "2.png", "3.png", "absent.png", "4.png", "5.png"];

let cells: string;
let folder: string;
beforeEach(async () => {
  cells = await tinyCells(NAMES.filter((name) => name !== "absent.png"));
  folder = await mkdtemp(join(tmpdir(), "mn-into-"));
});
afterEach(async () => {
  await rm(cells, { recursive: true });
  await rm(folder, { recursive: true });
});

/** Scores all cells, or stops when so many rows are there. */
async function score(file: string, stopAfter = Number.POSITIVE_INFINITY, seed = 1) {
  const stop = new AbortController();
  const started: number[] = [];
  const outcome = await scoreIntoFile({
    model: { path: "tiny", bytes: Uint8Array.from(tinyModel(seed)), sha256: `model ${seed}`, metadata: TINY_METADATA },
    threshold: 0.5,
    source: {
      total: NAMES.length,
      sha256: "the source",
      async *cells(from) {
        started.push(from);
        for (const name of NAMES.slice(from)) yield { path: join(cells, name), source: { file: name } };
      },
    },
    path: join(folder, file),
    scoring: { session: { device: "cpu", threads: 1 }, batch: 1 },
    reportProgress: ({ done }) => {
      if (done >= stopAfter) stop.abort();
    },
    signal: stop.signal,
  });
  return { ...outcome, startedAt: started[0] };
}

test("a stopped scoring goes on behind its last row, to the same bytes and the same counts as one without a stop", async () => {
  const whole = await score("whole.csv");
  expect(whole).toMatchObject({ finished: true, cells: 6, failed: 1, startedAt: 0 });
  expect(await score("parts.csv", 4)).toMatchObject({ finished: false, cells: 4, failed: 1 });
  expect(await score("parts.csv")).toEqual({ ...whole, startedAt: 4 });
  expect(await readFile(join(folder, "parts.csv"))).toEqual(await readFile(join(folder, "whole.csv")));
});

test("a stopped scoring is not continued by another model", async () => {
  await score("parts.csv", 4);
  expect(await score("parts.csv", undefined, 2)).toMatchObject({ finished: true, cells: 6, startedAt: 0 });
});
