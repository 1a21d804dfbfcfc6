import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TINY_METADATA, TINY_SIDE, tinyCell, tinyModel } from "../../test/scoring/tiny-model.ts";
import { NOON } from "../../test/workspace/made-study.ts";
import { sha256, sha256OfFile } from "../core/files.ts";
import { RandomStream } from "../core/random.ts";
import { encodePng } from "../images/encode.ts";
import { verifyAudit } from "./audit-verify.ts";
import { countSamples } from "./counts.ts";
import { type IncomingCell, importCells } from "./import-cells.ts";
import { countPending, outcomeOf, scoreStudy } from "./score-study.ts";
import { ensureScoring, type Scoring } from "./scorings.ts";
import { createStudy, findStudy } from "./study.ts";
import { sampleNamed } from "./study-table.ts";
import { Workspace } from "./workspace.ts";

const CELLS = 40;
let folder: string;
let workspace: Workspace;

/** 40 cells, one of them damaged, one blank, one a copy of the first. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-score-study-"));
  await mkdir(join(folder, "slide"));
  for (let index = 0; index < CELLS; index++) await writeFile(cellPath(index), await encodePng(tinyCell(index)));
  await writeFile(cellPath(5), "no image at all");
  const blank = new Uint8Array(TINY_SIDE * TINY_SIDE).fill(90);
  await writeFile(cellPath(6), await encodePng({ width: TINY_SIDE, height: TINY_SIDE, channels: 1, data: blank }));
  await copyFile(cellPath(0), cellPath(7));
  workspace = await Workspace.create(join(folder, "lab"), NOON);
  const study = await createStudy(workspace, "Ana", { name: "S", design: { title: "S", kind: "frequency" } });
  const source = { path: "slide", base: join(folder, "slide"), sha256: null };
  await importCells(workspace, "Ana", { studyId: study.id, source, cells: cells(), codes: new RandomStream("codes") });
});

afterEach(async () => {
  await workspace.close();
  await rm(folder, { recursive: true });
});

function cellPath(index: number): string {
  return join(folder, "slide", `${index}.png`);
}

async function* cells(): AsyncGenerator<IncomingCell[]> {
  for (let index = 0; index < CELLS; index++)
    yield [
      {
        ...{ sample: sampleNamed("A"), slide: "1", file: `${index}.png`, originalId: null, x: null, y: null },
        ...{ columnsJson: null, sha256: await sha256OfFile(cellPath(index)) },
      },
    ];
}

async function scoringWith(
  seed: number,
  settings: Record<string, unknown> = {},
): Promise<{ scoring: Scoring; run: (signal?: AbortSignal) => ReturnType<typeof scoreStudy> }> {
  const bytes = tinyModel(seed);
  const scoring = await ensureScoring(workspace, "Ana", {
    studyId: (await findStudy(workspace.db, "S")).id,
    modelSha256: sha256(bytes),
    modelPath: "tiny.onnx",
    model: TINY_METADATA,
    threshold: 0.5,
    settings,
    version: "0.0.0-test",
  });
  const request = {
    scoring,
    model: { bytes, metadata: TINY_METADATA },
    options: { session: { device: "cpu", threads: 1 }, batch: 4 },
  } as const;
  return { scoring, run: (signal) => scoreStudy(workspace, "Ana", { ...request, ...(signal && { signal }) }) };
}

async function predictions(scoringId: number) {
  return await workspace.db
    .selectFrom("prediction")
    .select(["cell_id", "outcome", "probability", "quality", "error"])
    .where("scoring_id", "=", scoringId)
    .orderBy("cell_id")
    .execute();
}

test("every cell is scored once; what is damaged, blank or there twice is told apart", async () => {
  const { scoring, run } = await scoringWith(1);
  expect(await run()).toEqual({ finished: true, scored: 39, unreadable: 1 });
  expect(await run(), "a second time there is nothing to do").toEqual({ finished: true, scored: 0, unreadable: 0 });
  const [counts] = await countSamples(workspace.db, await findStudy(workspace.db, "S"));
  expect(counts).toMatchObject({
    cells: 40,
    bnCells: 37,
    uncounted: { duplicates: 1, unreadable: 1, flagged: 1, unscored: 0 },
  });
  const rows = await predictions(scoring.id);
  expect(rows.find(({ outcome }) => outcome === "unreadable")?.error).toMatch(/^IMAGE_FORMAT_UNKNOWN: /);
  const positive = rows.filter(({ outcome }) => outcome === "positive");
  expect(positive.every(({ probability }) => (probability ?? 0) >= 0.5)).toBe(true);
  const maps = await workspace.db.selectFrom("attention_map").selectAll().execute();
  expect(maps.length, "two maps for each cell that was called positive").toBe(2 * positive.length);
  expect(maps.every(({ data, width, height }) => data.length === width * height)).toBe(true);
  expect((await verifyAudit(workspace)).faults).toEqual([]);
});

test("a picture that is unfamiliar to the model or blank is flagged, whatever its call; one in order counts", () => {
  const outcomes = ["unfamiliar", "blank", "ok"].map((quality) => outcomeOf({ positive: true, quality, error: "" }));
  expect(outcomes).toEqual(["flagged", "flagged", "positive"]);
  expect(outcomeOf({ positive: false, quality: "unfamiliar", error: "" })).toBe("flagged");
});

test("broken off and gone on with, the predictions are those of a scoring in one go", async () => {
  const whole = await scoringWith(1);
  await whole.run();
  const broken = await scoringWith(1, { again: true });
  const stop = new AbortController();
  stop.abort();
  const first = await broken.run(stop.signal);
  expect(first.finished).toBe(false);
  expect(await countPending(workspace.db, broken.scoring)).toBe(39 - first.scored);
  expect((await broken.run()).scored).toBe(39 - first.scored);
  expect(await predictions(broken.scoring.id)).toEqual(await predictions(whole.scoring.id));
});

test("two processes that share a scoring score no cell twice", async () => {
  const { scoring, run } = await scoringWith(1);
  const other = await Workspace.open(join(folder, "lab"), NOON);
  const bytes = tinyModel(1);
  const options = { session: { device: "cpu", threads: 1 }, batch: 4 } as const;
  const [one, two] = await Promise.all([
    run(),
    scoreStudy(other, "Ben", { scoring, model: { bytes, metadata: TINY_METADATA }, options }),
  ]);
  await other.close();
  expect(one.scored + two.scored).toBe(39);
  expect(await countPending(workspace.db, scoring)).toBe(0);
  expect((await verifyAudit(workspace)).faults).toEqual([]);
});

test("a file that was changed since its import is not scored", async () => {
  await writeFile(cellPath(3), await encodePng(tinyCell(99)));
  const { scoring, run } = await scoringWith(1);
  expect(await run()).toMatchObject({ scored: 39, unreadable: 2 });
  const changed = (await predictions(scoring.id)).find(({ cell_id }) => cell_id === 4);
  expect(changed).toMatchObject({
    outcome: "unreadable",
    probability: null,
    error: expect.stringMatching(/^CELL_CHANGED: /),
  });
});
