import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readTrail } from "../../src/workspace/audit-trail.ts";
import { verifyAudit } from "../../src/workspace/audit-verify.ts";
import { digestOf } from "../../src/workspace/bulk-insert.ts";
import { auditedCells, drawAuditSample, listDraws } from "../../src/workspace/call-audit.ts";
import { labelCell, labelCells, labelContent, labelsOfCell, undoLabel } from "../../src/workspace/labels.ts";
import { listCells } from "../../src/workspace/listed-cells.ts";
import { MIGRATIONS } from "../../src/workspace/migrations.ts";
import { readPositions, savePosition } from "../../src/workspace/positions.ts";
import { slideProgress, sumProgress } from "../../src/workspace/progress.ts";
import { blindedReaders, setBlinded } from "../../src/workspace/readers.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf, madeStudy, NOON } from "./made-study.ts";
import type { TestDatabase } from "./storage-suite.ts";

/** What every storage engine must keep for the review application. */
export function reviewSuite(name: string, createDatabase: () => Promise<TestDatabase>): void {
  describe(`review on ${name}`, () => {
    let database: TestDatabase;
    let workspace: Workspace;
    beforeEach(async () => {
      database = await createDatabase();
      workspace = await Workspace.onEngine(database.engine(), NOON);
    });
    afterEach(async () => {
      await workspace.close();
      await database.remove();
    });

    const twoSamples = [
      { sample: sampleNamed("A"), outcomes: { positive: 2, negative: 8, flagged: 1, unreadable: 1 } },
      { sample: sampleNamed("B"), outcomes: { positive: 5, negative: 5 } },
    ];

    const countsOf = async (cellId: number) => {
      const [row] = await workspace.db
        .selectFrom("current_label")
        .innerJoin("label", "label.id", "current_label.label_id")
        .select(["label.reader", "label.micronuclei"])
        .where("current_label.cell_id", "=", cellId)
        .execute();
      return row === undefined ? null : `${row.reader} ${row.micronuclei}`;
    };

    test("a second reading never counts beside a first one; an adjudication counts until it is taken back", async () => {
      await madeStudy(workspace, twoSamples);
      const [cellId = 0] = await cellsOf(workspace, "A");
      const say = (reader: string, micronuclei: number, queue: string | null, blinded = false) =>
        labelCell(workspace, reader, { cellId, finding: "mn", micronuclei, queue, blinded });
      await say("Cleo", 4, "second");
      expect(await countsOf(cellId), "there is nothing else yet").toBe("Cleo 4");
      await say("Ben", 1, "positive");
      await say("Cleo", 2, "second");
      expect(await countsOf(cellId)).toBe("Ben 1");
      expect(await say("Dan", 5, "all", true), "a blinded reader reads second wherever he is").toMatchObject({
        queue: "second",
      });
      expect(await countsOf(cellId)).toBe("Ben 1");
      await say("Eve", 3, "disagreements");
      await say("Ben", 9, "uncertain");
      expect(await countsOf(cellId), "a later label does not overturn what was adjudicated").toBe("Eve 3");
      await undoLabel(workspace, "Eve", cellId);
      expect(await countsOf(cellId)).toBe("Ben 9");
      expect((await verifyAudit(workspace)).faults).toEqual([]);
    });

    test("a decision that is sent again under its key is not written again", async () => {
      await madeStudy(workspace, twoSamples);
      const [cellId = 0, other = 0] = await cellsOf(workspace, "A");
      const [key, undoKey] = [randomUUID(), randomUUID()];
      const label = { cellId, finding: "mn", micronuclei: 1, key } as const;
      const first = await labelCell(workspace, "Ben", label);
      expect(await labelCells(workspace, "Ben", [label, label])).toEqual([first, first]);
      const withdrawal = await undoLabel(workspace, "Ben", cellId, undoKey);
      expect(await undoLabel(workspace, "Ben", cellId, undoKey)).toEqual(withdrawal);
      expect(await labelCell(workspace, "Ben", label), "what was taken back stays so").toEqual(first);
      expect(await countsOf(cellId)).toBeNull();
      expect(await labelsOfCell(workspace.db, cellId)).toHaveLength(2);
      await expect(labelCell(workspace, "Ben", { ...label, cellId: other })).rejects.toMatchObject({
        code: "LABEL_KEY_TAKEN",
      });
      await expect(labelCell(workspace, "Cleo", label)).rejects.toMatchObject({ code: "LABEL_KEY_TAKEN" });
    });

    test("a random sample is drawn once for a size and grows by what it lacks; what a person has read can be in it", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [, , seen = 0] = await cellsOf(workspace, "A");
      await labelCell(workspace, "Ben", { cellId: seen, finding: "normal", micronuclei: 0 });
      const draw = (cells: number) =>
        drawAuditSample(workspace, "Ana", { study, called: "negative", cells, seed: `seed ${cells}` });
      const first = await draw(4);
      expect(first?.cells).toHaveLength(4);
      expect(await draw(4)).toBeNull();
      expect((await draw(100))?.cells, "8 + 5 called negative, four drawn before").toHaveLength(9);
      const drawn = (await listDraws(workspace.db, study)).flatMap(({ cells }) => cells);
      expect(new Set(drawn).size).toBe(13);
      expect(drawn, "read first, and no less one of the negative calls").toContain(seen);
      expect(await verifyAudit(workspace)).toMatchObject({ faults: [] });
      expect((await readTrail(workspace.db, { subject: "draw 1", limit: 1 }))[0]?.new_json).toContain("seed 4");
    });

    test("of a random sample, the part that was seen ends with the last cell labelled in its queue", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const draw = await drawAuditSample(workspace, "Ana", { study, called: "negative", cells: 5, seed: "s" });
      const [one = 0, two = 0, three = 0, four = 0] = draw?.cells ?? [];
      const label = (cellId: number, finding: "mn" | "unscorable", queue: string) =>
        labelCell(workspace, "Ben", { cellId, finding, micronuclei: null, reason: "r", queue });
      await label(one, "mn", "uncertain");
      await label(four, "mn", "uncertain");
      expect(await auditedCells(workspace.db, study), "nobody has begun").toEqual([]);
      await label(three, "mn", "random-negative");
      await label(two, "unscorable", "random-negative");
      const audited = [{ predicted: "negative", probability: 0.1, positive: true }];
      expect(await auditedCells(workspace.db, study), "the first and the third").toEqual([...audited, ...audited]);
    });

    test("who has read every cell called positive in another queue has audited these calls", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const positive =
        (await drawAuditSample(workspace, "Ana", { study, called: "positive", cells: 100 }))?.cells ?? [];
      const label = (cellId: number, finding: "mn" | "unscorable") =>
        labelCell(workspace, "Ben", { cellId, finding, micronuclei: null, reason: "r", queue: "positive" });
      const [last = 0, ...others] = positive;
      for (const cellId of others) await label(cellId, "mn");
      expect(await auditedCells(workspace.db, study), "one is missing, and nobody read the sample").toEqual([]);
      await label(last, "unscorable");
      expect(await auditedCells(workspace.db, study)).toHaveLength(others.length);
    });

    test("blinding a reader is in the audit trail, once", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const blind = (blinded: boolean) => setBlinded(workspace, "Cleo", { studyId: study.id, name: "Cleo", blinded });
      await blind(false);
      await blind(true);
      await blind(true);
      expect(await blindedReaders(workspace.db, study.id)).toEqual(new Set(["Cleo"]));
      await blind(false);
      expect(await blindedReaders(workspace.db, study.id)).toEqual(new Set());
      const trail = await readTrail(workspace.db, { subject: "reader 1", limit: 9 });
      expect(trail.map(({ action }) => action)).toEqual(["blind reader", "unblind reader"]);
      expect((await verifyAudit(workspace)).faults).toEqual([]);
    });

    test("a reader's place in a queue is kept, for each sample apart", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [first = 0, second = 0] = await cellsOf(workspace, "A");
      const everywhere = { reader: "Ben", studyId: study.id, sampleId: null };
      for (const cellId of [first, second]) await savePosition(workspace.db, { ...everywhere, queue: "all", cellId });
      await savePosition(workspace.db, { ...everywhere, sampleId: 1, queue: "all", cellId: first });
      expect(await readPositions(workspace.db, everywhere)).toEqual(new Map([["all", second]]));
      expect(await readPositions(workspace.db, { ...everywhere, sampleId: 1 })).toEqual(new Map([["all", first]]));
      expect(await readPositions(workspace.db, { ...everywhere, reader: "Cleo" })).toEqual(new Map());
    });

    test("progress and lists of cells tell what model and persons have seen", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [first = 0, second = 0, third = 0] = await cellsOf(workspace, "A");
      await labelCell(workspace, "Ben", { cellId: first, finding: "mn", micronuclei: 3 });
      await labelCell(workspace, "Ben", { cellId: third, finding: "normal", micronuclei: 0 });
      await labelCell(workspace, "Ben", { cellId: second, finding: "mn", micronuclei: 1 });
      await undoLabel(workspace, "Ben", second);
      const [a, b] = [...(await slideProgress(workspace.db, study)).values()];
      expect(a).toEqual({
        ...{ cells: 12, duplicates: 0, scored: 12, unreadable: 1, flagged: 1 },
        ...{ calledPositive: 2, reviewed: 2, positiveReviewed: 1 },
      });
      expect(sumProgress([a, b].flatMap((part) => part ?? []))).toMatchObject({ cells: 22, calledPositive: 7 });
      const [listed, unlabelled] = await listCells(workspace.db, study, [third, second, 9999]);
      expect(listed).toMatchObject({
        id: third,
        sample: { name: "A" },
        slide: { name: "1" },
        prediction: { outcome: "negative", probability: 0.1 },
        labels: [{ reader: "Ben", finding: "normal" }],
      });
      expect(unlabelled).toMatchObject({ id: second, labels: [] });
    });

    test("a workspace of the first version is brought up to date, and its labels count by the present rule", async () => {
      await workspace.close();
      await database.remove();
      database = await createDatabase();
      const [first] = Object.entries(MIGRATIONS);
      if (first === undefined) throw new Error("no migrations");
      workspace = await Workspace.onEngine(database.engine(), NOON, Object.fromEntries([first]));
      await madeStudy(workspace, twoSamples);
      const [cellId = 0, other = 0] = await cellsOf(workspace, "A");
      for (const [id, cell, queue] of [
        [1, cellId, "positive"],
        [2, cellId, "second"],
        [3, other, null],
      ] as const)
        await writeLabelAsBefore(workspace, { id, cell, queue });
      await workspace.close();
      workspace = await Workspace.onEngine(database.engine(), NOON);
      expect(await workspace.db.selectFrom("current_label").selectAll().orderBy("cell_id").execute()).toEqual([
        { cell_id: cellId, label_id: 1 },
        { cell_id: other, label_id: 3 },
      ]);
      await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 2, key: randomUUID() });
      expect((await verifyAudit(workspace)).faults).toEqual([]);
    });
  });
}

/** A label as the first version wrote it: the latest one counted, whatever its queue. */
async function writeLabelAsBefore(
  workspace: Workspace,
  { id, cell, queue }: { readonly id: number; readonly cell: number; readonly queue: string | null },
): Promise<void> {
  await workspace.change("Ben", async ({ trx, at, record }) => {
    const row = {
      id,
      cell_id: cell,
      reader: "Ben",
      finding: "mn",
      micronuclei: 1,
      reason: null,
      queue,
      withdraws: null,
      at,
    } as const;
    const entry = await record({
      action: "label cell",
      subject: `cell ${cell}`,
      digest: digestOf([labelContent(row)]),
    });
    await trx
      .insertInto("label")
      .values({ ...row, entry })
      .execute();
    await trx.deleteFrom("current_label").where("cell_id", "=", cell).execute();
    await trx.insertInto("current_label").values({ cell_id: cell, label_id: id }).execute();
  });
}
