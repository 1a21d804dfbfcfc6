import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Door, labelOf, ReviewClient } from "../../test/server/review-client.ts";
import { start, type TestReview, temporaryFolder } from "../../test/server/start.ts";
import { cellsOf, madeStudy, NOON } from "../../test/workspace/made-study.ts";
import { verifyAudit } from "../workspace/audit-verify.ts";
import { labelCell } from "../workspace/labels.ts";
import { sampleNamed } from "../workspace/study-table.ts";
import { Workspace } from "../workspace/workspace.ts";
import type { AuditPlan, Labelled } from "./api/cells.ts";
import type { StudyResult } from "./api/results.ts";
import type { Study, StudySummary } from "./api/studies.ts";

const SAMPLES = [
  { sample: sampleNamed("0 Gy", { dose: 0, donor: "D1" }), outcomes: { positive: 4, negative: 96 } },
  { sample: sampleNamed("3 Gy", { dose: 3, donor: "D1" }), outcomes: { positive: 30, negative: 70, flagged: 1 } },
];
const STUDY = 1;

/** A server over a made study, and the workspace as another process has it open. */
async function review(root = temporaryFolder(afterAll)): Promise<{ server: TestReview; workspace: Workspace }> {
  const server = await start(root);
  const workspace = await Workspace.open(server.folder, NOON);
  await madeStudy(workspace, SAMPLES);
  return { server, workspace };
}

let server: TestReview;
let workspace: Workspace;
let cells: readonly number[];
const as = (reader: string, door: Door = server) => new ReviewClient(door, reader);

beforeAll(async () => {
  ({ server, workspace } = await review());
  cells = [...(await cellsOf(workspace, "0 Gy")), ...(await cellsOf(workspace, "3 Gy"))];
});
afterAll(async () => {
  await workspace.close();
  await server.close();
});

test("a study's list, samples and slides tell how far the work is", async () => {
  const ben = as("Ben");
  const { studies } = await ben.get<{ studies: StudySummary[] }>("studies");
  expect(studies).toMatchObject([
    { name: "Made", samples: 2, slides: 2, state: "reviewing", scoring: { model: "made", threshold: 0.5 } },
  ]);
  const study = await ben.get<Study>(`studies/${STUDY}`);
  expect(study.progress).toMatchObject({ cells: 201, scored: 201, flagged: 1, calledPositive: 34 });
  expect(study.sampleList.map(({ name, progress }) => [name, progress.calledPositive])).toEqual([
    ["0 Gy", 4],
    ["3 Gy", 30],
  ]);
  expect((await ben.ask("GET", "studies/99")).status).toBe(404);
});

test("a queue is read page by page, and goes on where its reader stopped", async () => {
  const ben = as("Ben");
  const whole = await ben.cells(STUDY, "uncertain", "&limit=300");
  const page = await ben.cells(STUDY, "uncertain", "&offset=120&limit=3");
  expect(page).toMatchObject({ total: 200, offset: 120, cells: whole.cells.slice(120, 123) });
  const cellId = page.cells[1]?.id;
  expect((await ben.ask("PUT", `studies/${STUDY}/queues/uncertain/position`, { cellId })).status).toBe(204);
  expect(await ben.queue(STUDY, "uncertain")).toMatchObject({ cells: 200, reviewed: 0, position: 121 });
  expect(await as("Cleo").queue(STUDY, "uncertain")).toMatchObject({ position: null });
});

test("every request sent twice leaves the same workspace as sent once", async () => {
  const decision = fc
    .record({ cell: fc.integer({ min: 1, max: 5 }), count: fc.nat({ max: 2 }), undo: fc.boolean() })
    .map(({ cell, count, undo }): Request => {
      const label = labelOf(cell, count);
      if (undo) return ["POST", `studies/${STUDY}/labels/undo`, { key: label.key, cellId: cell }];
      return ["POST", `studies/${STUDY}/labels`, { labels: [label] }];
    });
  const other = fc.constantFrom<Request[]>(
    ["PUT", `studies/${STUDY}/reader`, { blinded: true }],
    ["PUT", `studies/${STUDY}/reader`, { blinded: false }],
    ["POST", `studies/${STUDY}/audit`, { called: "negative", cells: 3 }],
    ["PUT", `studies/${STUDY}/queues/all/position`, { cellId: 2 }],
    ["POST", "studies", { name: "Another" }],
  );
  const [once, twice] = [await review(), await review()];
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(decision, other), { maxLength: 10 }), async (steps) => {
      for (const step of steps) {
        await as("Ben", once.server).ask(...step);
        for (let time = 0; time < 2; time++) await as("Ben", twice.server).ask(...step);
      }
      expect(await contentOf(twice.workspace)).toEqual(await contentOf(once.workspace));
    }),
    { numRuns: 8 },
  );
  for (const { server: each, workspace: own } of [once, twice]) {
    expect((await verifyAudit(own)).faults).toEqual([]);
    await own.close();
    await each.close();
  }
});

type Request = [method: string, path: string, body: unknown];

/** Everything but times and what is drawn at random. */
async function contentOf({ db }: Workspace) {
  const labels = await db.selectFrom("label").selectAll().orderBy("id").execute();
  const trail = await db.selectFrom("audit_entry").select(["seq", "who", "action", "subject"]).orderBy("seq").execute();
  const draws = await db.selectFrom("draw").selectAll().orderBy("id").execute();
  return {
    labels: labels.map(({ at, ...label }) => label),
    trail,
    current: await db.selectFrom("current_label").selectAll().orderBy("cell_id").execute(),
    readers: await db.selectFrom("reader").selectAll().execute(),
    positions: await db.selectFrom("review_position").selectAll().execute(),
    draws: draws.map(({ cells_json }) => (JSON.parse(cells_json) as number[]).length),
  };
}

test("two readers at once: nothing is lost, both see the other's labels, and what they differ on is adjudicated", async () => {
  const [ben, cleo, dan] = [as("Ben"), as("Cleo"), as("Dan")];
  const own = cells.slice(10, 40);
  const ear = await cleo.listen();
  await Promise.all(
    own.map(async (cell, index) => {
      await ben.label(STUDY, cell, index % 3 === 0 ? 1 : 0);
      await cleo.label(STUDY, cell, index % 2 === 0 ? 1 : 0, "second");
    }),
  );
  await expect.poll(() => ear.heard.filter((event) => event.kind === "labels" && event.by === "Ben").length).toBe(30);
  ear.stop();
  // Of indices 0 to 29: mn by Ben where 3 divides, by Cleo where 2 does.
  const { agreement, disagreements } = await dan.get<StudyResult>(`studies/${STUDY}/result`);
  expect(agreement).toMatchObject([
    {
      readers: ["Ben", "Cleo"],
      cells: 30,
      table: [
        [5, 5],
        [10, 10],
      ],
      observed: 0.5,
      pabak: 0,
    },
  ]);
  expect(disagreements).toEqual({ cells: 15, adjudicated: 0 });
  const [disputed] = (await dan.cells(STUDY, "disagreements")).cells;
  expect(disputed).toMatchObject({ disagreement: true, ownLabel: null, label: { reader: "Ben" } });
  const decided = await dan.label(STUDY, disputed?.id ?? 0, 2, "disagreements");
  expect(decided).toMatchObject({ label: { reader: "Dan", micronuclei: 2 }, ownLabel: { reader: "Dan" } });
  expect(await dan.queue(STUDY, "disagreements")).toMatchObject({ cells: 15, reviewed: 1 });
});

test("a blinded reader is told of no prediction, no label of others and no sample, whatever he asks for", async () => {
  const [ben, eve] = [as("Ben"), as("Eve")];
  await ben.label(STUDY, cells[0] ?? 0, 1, "positive");
  await eve.send("PUT", `studies/${STUDY}/reader`, { blinded: true });
  const ear = await eve.listen();
  const labelled = await eve.label(STUDY, cells[0] ?? 0, 3, "all");
  expect(labelled).toMatchObject({ ownLabel: { micronuclei: 3, queue: "second" }, label: null, disagreement: false });
  await ben.label(STUDY, cells[1] ?? 0, 1);
  const second = await eve.cells(STUDY, "second");
  expect(second.total).toBeGreaterThan(0);
  const study = await eve.get<Study>(`studies/${STUDY}`);
  expect(study.progress).toMatchObject({ calledPositive: 0, positiveReviewed: 0, flagged: 0 });
  await expect.poll(() => ear.heard.map(({ kind }) => kind)).toContain("study");
  ear.stop();
  const told = JSON.stringify([labelled, second, study.sampleList, await eve.cells(STUDY, "all"), ear.heard]);
  // A probability, with its colon: the seconds of a time may be 20.959.
  expect(JSON.stringify(await ben.cells(STUDY, "all"))).toMatch(/:0\.9/);
  expect(told).not.toMatch(/ Gy|D1|Ben|"positive"|negative|:0\.9|\.png/);
  const { queues } = await eve.get<{ queues: { name: string }[] }>(`studies/${STUDY}/queues`);
  expect(queues.map(({ name }) => name)).toEqual(["all", "second"]);
  for (const path of ["cells?queue=positive", "cells?queue=disagreements", "result", "report", "audit?called=negative"])
    expect((await eve.ask("GET", `studies/${STUDY}/${path}`)).status, path).toBe(403);
  expect(await ben.get(`cells/${cells[0]}`)).toMatchObject({ cell: { disagreement: true, label: { reader: "Ben" } } });
});

test("an audit sample is planned, drawn once, and says how good the calls are", async () => {
  // Of its own: what other tests have read could be drawn.
  const own = await review(temporaryFolder(onTestFinished));
  onTestFinished(async () => {
    await own.workspace.close();
    await own.server.close();
  });
  const ana = as("Ana", own.server);
  const plan = await ana.get<AuditPlan>(`studies/${STUDY}/audit?called=negative&precision=0.05`);
  // None found in 72 means fewer than 5 %: 0.975^(1/72) ... 1 - 0.025^(1/72) = 0.0499.
  expect(plan).toMatchObject({ suggested: 72, drawn: 0 });
  for (const called of ["positive", "negative"] as const) {
    const draw = () => ana.send<AuditPlan>("POST", `studies/${STUDY}/audit`, { called, cells: 10 });
    await draw();
    expect(await draw()).toMatchObject({ drawn: 10, reviewed: 0 });
    const drawn = (await ana.cells(STUDY, `random-${called}`)).cells;
    expect(drawn).toHaveLength(10);
    // Nine of ten positive calls are right, one of ten negative ones is not.
    for (const [index, { id }] of drawn.entries())
      await ana.label(STUDY, id, (index === 0) === (called === "negative") ? 1 : 0, `random-${called}`);
  }
  const { audit, samples } = await ana.get<StudyResult>(`studies/${STUDY}/result`);
  // 34 called positive, 166 negative: 30.6 found of 30.6 + 16.6.
  expect(audit?.cells).toBe(20);
  expect(audit?.sensitivity?.value).toBeCloseTo(30.6 / 47.2, 12);
  expect(audit?.specificity?.value).toBeCloseTo(149.4 / 152.8, 12);
  expect(samples.map(({ correctedPerThousand }) => correctedPerThousand?.value)).toEqual([
    expect.closeTo((1000 * (0.04 - 3.4 / 152.8)) / (30.6 / 47.2 - 3.4 / 152.8), 9),
    expect.closeTo((1000 * (0.3 - 3.4 / 152.8)) / (30.6 / 47.2 - 3.4 / 152.8), 9),
  ]);
  const [, , , , stranger = 0] = await cellsOf(own.workspace, "0 Gy");
  const refused = await ana.ask("POST", `studies/${STUDY}/labels`, {
    labels: [labelOf(stranger, 0, "random-positive")],
  });
  expect([refused.status, refused.body]).toEqual([409, expect.stringContaining("LABEL_NOT_DRAWN")]);
});

test("a batch of decisions is written whole or not at all", async () => {
  const ben = as("Ben");
  const cell = cells[60] ?? 0;
  const batch = [labelOf(cell, 1), { ...labelOf(cell, 1), finding: "normal" }];
  expect((await ben.ask("POST", `studies/${STUDY}/labels`, { labels: batch })).status).toBe(422);
  expect(await ben.get(`cells/${cell}`)).toMatchObject({ cell: { ownLabel: null } });
  const { cells: answered } = await ben.send<Labelled>("POST", `studies/${STUDY}/labels`, {
    labels: batch.slice(0, 1),
  });
  expect(answered).toMatchObject([{ id: cell, ownLabel: { micronuclei: 1 } }]);
});

test("what another process writes is told within seconds", async () => {
  const ear = await as("Ben").listen();
  expect(ear.heard).toEqual([{ kind: "hello", version: "1.2.3" }]);
  await labelCell(workspace, "Fay", { cellId: cells[70] ?? 0, finding: "mn", micronuclei: 1 });
  await expect.poll(() => ear.heard, { timeout: 5_000 }).toContainEqual({ kind: "study", studyId: STUDY });
  await as("Gus").label(STUDY, cells[71] ?? 0, 1);
  await wait(1_500);
  expect(
    ear.heard.slice(2).map(({ kind }) => kind),
    "the server's own labels are told once",
  ).toEqual(["labels"]);
  ear.stop();
});

test("the report is a page of its own that nothing can be loaded into", async () => {
  const { status, headers, body } = await as("Ana").ask("GET", `studies/${STUDY}/report`);
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  expect(headers["content-security-policy"]).toMatch(/^sandbox .*default-src 'none'/);
  expect(body).toContain("3 Gy");
});
