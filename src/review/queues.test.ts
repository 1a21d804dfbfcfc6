import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cellsOf, madeScoring, NOON } from "../../test/workspace/made-study.ts";
import { RandomStream } from "../core/random.ts";
import { drawAuditSample } from "../workspace/call-audit.ts";
import { importCells } from "../workspace/import-cells.ts";
import { labelCell, undoLabel } from "../workspace/labels.ts";
import { excludeSample } from "../workspace/samples.ts";
import type { PredictedOutcome } from "../workspace/schema.ts";
import { createStudy, studyOfNumber } from "../workspace/study.ts";
import { sampleNamed } from "../workspace/study-table.ts";
import { Workspace } from "../workspace/workspace.ts";
import { byUncertainty } from "./queue-cells.ts";
import { QUEUES, type QueueName } from "./queue-names.ts";
import { type QueueScope, ReviewQueues } from "./queues.ts";

const THRESHOLD = 0.5;

let folder: string;
let workspace: Workspace;
let scope: QueueScope;
let probabilities: Map<number, number>;

/** Two samples of 60 cells with random probabilities, and a flagged and an unreadable cell each. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-queues-"));
  workspace = await Workspace.create(folder, NOON);
  const { id } = await createStudy(workspace, "Ana", { name: "Q", design: { title: "Q", kind: "frequency" } });
  const scoring = await madeScoring(workspace, id);
  const stream = new RandomStream("probabilities");
  const cell = (sample: string, index: number) => {
    const probability = Math.round(stream.uniform() * 40) / 40;
    const called = probability >= THRESHOLD ? "positive" : "negative";
    const outcome: PredictedOutcome = index === 60 ? "flagged" : index === 61 ? "unreadable" : called;
    const rest = { attentionX: null, attentionY: null, attentionPeak: null, error: null, quality: "ok" };
    return {
      ...{ sample: sampleNamed(sample), slide: "1", file: `${index}.png`, originalId: null, x: null, y: null },
      ...{ columnsJson: null, sha256: null },
      prediction: { ...rest, outcome, probability: outcome === "unreadable" ? null : probability },
    };
  };
  await importCells(workspace, "Ana", {
    studyId: id,
    source: { path: "q", base: "/q", sha256: null },
    cells: (async function* () {
      for (const sample of ["A", "B"]) yield Array.from({ length: 62 }, (_, index) => cell(sample, index));
    })(),
    scoring,
    codes: new RandomStream("codes"),
  });
  const rows = await workspace.db.selectFrom("prediction").select(["cell_id", "probability"]).execute();
  probabilities = new Map(rows.map(({ cell_id, probability }) => [cell_id, probability ?? Number.NaN]));
  scope = { study: await studyOfNumber(workspace.db, id), threshold: THRESHOLD, sampleId: null };
});
afterAll(async () => {
  await workspace.close();
  await rm(folder, { recursive: true });
});

const of = (cell: number): number => probabilities.get(cell) ?? Number.NaN;
const inQueue = (queue: QueueName, reader = "Ben", sampleId: number | null = null) =>
  new ReviewQueues(workspace.db).cells({ ...scope, sampleId }, queue, reader);

test.each([null, 1, 2])("the most uncertain come first, of sample %s", async (sampleId) => {
  const cells = await inQueue("uncertain", "Ben", sampleId);
  const distances = cells.map((cell) => Math.abs(of(cell) - THRESHOLD));
  expect(distances).toEqual([...distances].sort((one, other) => one - other));
  expect(new Set(cells).size).toBe(sampleId === null ? 120 : 60);
});

test.each([null, 1])("the surest of those called positive come first, of sample %s", async (sampleId) => {
  const cells = (await inQueue("positive", "Ben", sampleId)).map(of);
  expect(cells).toEqual([...cells].sort((one, other) => other - one));
  const own = sampleId === null ? [...probabilities.keys()] : await cellsOf(workspace, "A");
  const ordinary = own.filter((cell) => cell !== 61 && cell !== 123);
  expect(cells).toHaveLength(ordinary.filter((cell) => of(cell) >= THRESHOLD).length);
});

test("cells in the middle between two lists keep the order of their distance, however long the lists", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, threshold) => {
        const ranked = (part: number[]) => {
          const sorted = part.sort((one, other) => one - other);
          return { cells: sorted.map((value) => value), probabilities: sorted };
        };
        const merged = byUncertainty(
          ranked(values.filter((value) => value < threshold)),
          ranked(values.filter((value) => value >= threshold)),
          threshold,
        );
        const distances = merged.map((value) => Math.abs(value - threshold));
        expect(distances).toEqual(values.map((value) => Math.abs(value - threshold)).sort((one, other) => one - other));
      },
    ),
  );
});

test("every queue is as long as it is said to be, also of one sample and without a sample that is left out", async () => {
  await drawAuditSample(workspace, "Ana", { study: scope.study, called: "negative", cells: 20, seed: "s" });
  const lengths = async (sampleId: number | null) => {
    const queues = new ReviewQueues(workspace.db);
    const counts = await queues.counts({ ...scope, sampleId }, QUEUES, "Ben");
    for (const { name, cells } of counts)
      expect((await queues.cells({ ...scope, sampleId }, name, "Ben")).length, name).toBe(cells);
    return Object.fromEntries(counts.map(({ name, cells }) => [name, cells]));
  };
  const whole = await lengths(null);
  expect(whole).toMatchObject({ all: 124, uncertain: 120, flagged: 2, unreadable: 2, "random-negative": 20 });
  const [one, two] = [await lengths(1), await lengths(2)];
  for (const name of QUEUES) expect((one[name] ?? 0) + (two[name] ?? 0), name).toBe(whole[name]);
  const leaveOut = (excluded: boolean) =>
    excludeSample(workspace, "Ana", { studyId: scope.study.id, sample: "B", excluded, reason: "test" });
  await leaveOut(true);
  expect(await lengths(null)).toEqual(one);
  await leaveOut(false);
});

test("labels move nothing: each queue has the same order before and after, and counts what its reader has done", async () => {
  const queues = new ReviewQueues(workspace.db);
  const before = await queues.cells(scope, "positive", "Ben");
  const [first = 0, second = 0] = before;
  await labelCell(workspace, "Ben", { cellId: first, finding: "mn", micronuclei: 1 });
  await labelCell(workspace, "Ben", { cellId: second, finding: "mn", micronuclei: 1 });
  await undoLabel(workspace, "Ben", second);
  expect(await queues.cells(scope, "positive", "Ben")).toEqual(before);
  const done = async (reader: string) =>
    (await queues.counts(scope, ["positive", "all", "flagged"], reader)).map(({ reviewed }) => reviewed);
  expect(await done("Ben")).toEqual([1, 1, 0]);
  expect(await done("Cleo")).toEqual([0, 0, 0]);
});

test("a second reader gets what another has read first, in an order that only grows; the first reader gets nothing", async () => {
  const queues = new ReviewQueues(workspace.db);
  const cells = (await cellsOf(workspace, "A")).slice(10, 30);
  const read = async (part: readonly number[]) => {
    for (const cellId of part) await labelCell(workspace, "Dan", { cellId, finding: "normal", micronuclei: 0 });
  };
  const ofDan = (list: readonly number[]) => list.filter((cell) => cells.includes(cell));
  await read(cells.slice(0, 10));
  const early = ofDan(await queues.cells(scope, "second", "Eve"));
  await read(cells.slice(10));
  const late = ofDan(await queues.cells(scope, "second", "Eve"));
  expect(late.slice(0, 10)).toEqual(early);
  expect([...late].sort((one, other) => one - other)).toEqual(cells);
  expect(early, "not the order in which they were read").not.toEqual(cells.slice(0, 10));
  expect(ofDan(await queues.cells(scope, "second", "Dan"))).toEqual([]);
});

test("a disagreement is a cell on which readers differ; adjudicated it stays in its queue and counts as done", async () => {
  const queues = new ReviewQueues(workspace.db);
  const [, , , disputed = 0, agreed = 0] = await cellsOf(workspace, "B");
  const say = (reader: string, cellId: number, micronuclei: number, queue: string | null = null) =>
    labelCell(workspace, reader, { cellId, finding: "mn", micronuclei, queue });
  await say("Ben", disputed, 1);
  await say("Cleo", disputed, 2, "second");
  await say("Ben", agreed, 1);
  await say("Cleo", agreed, 1, "second");
  const state = async () => (await queues.counts(scope, ["disagreements"], "Ana"))[0];
  expect(await queues.cells(scope, "disagreements", "Ana")).toEqual([disputed]);
  expect(await state()).toMatchObject({ cells: 1, reviewed: 0 });
  await say("Ben", disputed, 2, "disagreements");
  expect(await state()).toMatchObject({ cells: 1, reviewed: 1 });
});

test("new predictions, cells and draws are seen by queues that were read before", async () => {
  const queues = new ReviewQueues(workspace.db);
  const before = await queues.cells(scope, "random-positive", "Ben");
  const draw = await drawAuditSample(workspace, "Ana", { study: scope.study, called: "positive", cells: 5, seed: "s" });
  expect(await queues.cells(scope, "random-positive", "Ben")).toEqual([...before, ...(draw?.cells ?? [])]);
  const read = (await workspace.db.selectFrom("current_label").select("cell_id").execute()).map(
    ({ cell_id }) => cell_id,
  );
  const reviewed = draw?.cells.filter((cell) => read.includes(cell)).length;
  expect(await queues.audit(scope.study, "positive")).toMatchObject({ drawn: 5, reviewed });
});
