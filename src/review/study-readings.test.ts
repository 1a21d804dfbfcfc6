import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cellsOf, madeScoring, madeStudy, NOON } from "../../test/workspace/made-study.ts";
import { labelCell, undoLabel } from "../workspace/labels.ts";
import { recordPredictions } from "../workspace/scorings.ts";
import { sampleNamed } from "../workspace/study-table.ts";
import { Workspace } from "../workspace/workspace.ts";
import { type Reading, readingPairs, StudyReadings } from "./study-readings.ts";

test("readings taken in bit by bit are those that a first look finds, whatever was labelled and taken back", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mn-readings-"));
  const workspace = await Workspace.create(folder, NOON);
  const study = await madeStudy(workspace, [{ sample: sampleNamed("A"), outcomes: { positive: 2, negative: 2 } }]);
  const cells = await cellsOf(workspace, "A");
  const standing = new StudyReadings(workspace.db, study);
  const step = fc.record({
    reader: fc.constantFrom("Ben", "Cleo"),
    cell: fc.nat({ max: 3 }),
    undo: fc.boolean(),
    look: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const { reader, cell, undo, look } of steps) {
        const cellId = cells[cell] ?? 0;
        if (undo) await undoLabel(workspace, reader, cellId).catch(() => {});
        else await labelCell(workspace, reader, { cellId, finding: "mn", micronuclei: null });
        if (look) await Promise.all([standing.cells(), standing.cells()]);
      }
      expect(await standing.cells()).toEqual(await new StudyReadings(workspace.db, study).cells());
    }),
    { numRuns: 15 },
  );
  await workspace.close();
  await rm(folder, { recursive: true });
});

test("a cell that was labelled before it was scored gets its outcome later", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mn-readings-"));
  const workspace = await Workspace.create(folder, NOON);
  const study = await madeStudy(workspace, [{ sample: sampleNamed("A"), outcomes: { positive: 1 } }]);
  const [cellId = 0] = await cellsOf(workspace, "A");
  const other = await madeScoring(workspace, study.id, "slow model");
  const readings = new StudyReadings(workspace.db, { id: study.id, scoringId: other.id });
  await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: null });
  expect((await readings.cells()).get(cellId)?.outcome).toBeNull();
  const prediction = { cellId, slideId: 1, outcome: "negative", probability: 0.1, quality: "ok" } as const;
  const rest = { attentionX: null, attentionY: null, attentionPeak: null, error: null };
  await workspace.change("Ana", (change) => recordPredictions(change, other, [{ ...prediction, ...rest }]));
  expect((await readings.cells()).get(cellId)?.outcome).toBe("negative");
  await workspace.close();
  await rm(folder, { recursive: true });
});

test("pairs of readers count the cells that both called, without adjudications and cells that do not count", () => {
  let id = 0;
  const label = (reader: string, finding: Reading["finding"], queue: string | null = null): Reading => ({
    ...{ id: ++id, reader, finding, micronuclei: null, queue },
  });
  const cells = [
    [label("Cleo", "mn"), label("Ben", "normal"), label("Ben", "mn", "disagreements")],
    [label("Ben", "normal"), label("Ben", "mn"), label("Cleo", "mn", "second")],
    [label("Ben", "unscorable"), label("Cleo", "mn")],
    [label("Ben", "normal")],
  ].map((standing) => ({ standing }));
  // Ben is first by name: his rows are mn, normal.
  expect(readingPairs(cells)).toEqual([
    {
      readers: ["Ben", "Cleo"],
      table: [
        [1, 0],
        [1, 0],
      ],
    },
  ]);
});
