import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RandomStream } from "../../src/core/random.ts";
import { readHead, readTrail } from "../../src/workspace/audit-trail.ts";
import { verifyAudit } from "../../src/workspace/audit-verify.ts";
import { auditedCells, drawAuditSample } from "../../src/workspace/call-audit.ts";
import { countSamples } from "../../src/workspace/counts.ts";
import { type IncomingCell, importCells } from "../../src/workspace/import-cells.ts";
import { labelCell, labelsOfCell, undoLabel } from "../../src/workspace/labels.ts";
import { MIGRATIONS } from "../../src/workspace/migrations.ts";
import { excludeSample, listSamples, listSlides } from "../../src/workspace/samples.ts";
import { ensureScoring, listScorings, recordPredictions } from "../../src/workspace/scorings.ts";
import type { StorageEngine } from "../../src/workspace/storage-engine.ts";
import { createStudy, findStudy, listStudies, selectScoring } from "../../src/workspace/study.ts";
import { calledPositive, listDeviations, probabilityHistogram } from "../../src/workspace/study-cells.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf, madeScoring, madeStudy, NOON } from "./made-study.ts";

/** An empty database, and what removes it. */
export interface TestDatabase {
  readonly engine: () => StorageEngine;
  readonly remove: () => Promise<void>;
}

/** What every storage engine must do, in the same words. */
export function storageSuite(name: string, createDatabase: () => Promise<TestDatabase>): void {
  describe(`workspace on ${name}`, () => {
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
      { sample: sampleNamed("A", { dose: 0 }), outcomes: { positive: 2, negative: 8, flagged: 1, unreadable: 1 } },
      { sample: sampleNamed("B", { dose: 2 }), outcomes: { positive: 5, negative: 5 } },
    ];

    test("a study keeps its design, and its name only once", async () => {
      const design = { title: "Triage", kind: "biodosimetry", endpoint: "mn", exposureHours: 2 } as const;
      await createStudy(workspace, "Ana", { name: "S-1", design });
      const [study] = await listStudies(workspace.db);
      expect(study?.design).toMatchObject({ ...design, level: 0.95, curve: null });
      await expect(createStudy(workspace, "Ana", { name: "S-1", design })).rejects.toMatchObject({
        code: "STUDY_EXISTS",
      });
      await expect(findStudy(workspace.db, "S-2")).rejects.toMatchObject({ code: "STUDY_MISSING" });
      await expect(createStudy(workspace, "Ana", { name: "../S", design })).rejects.toMatchObject({
        code: "STUDY_NAME",
      });
    });

    test("counts are confirmed plus automatic: a label takes its cell over from the model", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [first = 0, second = 0, third = 0] = await cellsOf(workspace, "A");
      // The first two cells were called positive, the third negative.
      await labelCell(workspace, "Ben", { cellId: first, finding: "mn", micronuclei: 3 });
      await labelCell(workspace, "Ben", { cellId: second, finding: "normal", micronuclei: 0 });
      await labelCell(workspace, "Cleo", { cellId: third, finding: "unscorable", micronuclei: null, reason: "debris" });
      const [a, b] = await countSamples(workspace.db, study);
      expect(a).toMatchObject({
        cells: 12,
        bnCells: 9,
        mnbnCells: 1,
        micronuclei: 3,
        distribution: [8, 0, 0, 1],
        confirmed: {
          cells: 3,
          mn: 1,
          normal: 1,
          unscorable: 1,
          readers: [
            { reader: "Ben", cells: 2 },
            { reader: "Cleo", cells: 1 },
          ],
        },
        automatic: { positive: 0, negative: 7 },
        uncounted: { duplicates: 0, flagged: 1, unreadable: 1, unscored: 0 },
      });
      // No person has counted the five positive cells of B, so that its micronuclei are unknown.
      expect(b).toMatchObject({ bnCells: 10, mnbnCells: 5, micronuclei: null, distribution: null });
    });

    test("the latest label counts, whoever gave it; taking it back is a new row that brings back the one before", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [cellId = 0] = await cellsOf(workspace, "B");
      const confirmedMn = async () => (await countSamples(workspace.db, study))[1]?.confirmed;
      await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 1 });
      await labelCell(workspace, "Cleo", { cellId, finding: "normal", micronuclei: 0 });
      expect(await confirmedMn()).toMatchObject({ mn: 0, normal: 1, readers: [{ reader: "Cleo" }] });
      await undoLabel(workspace, "Cleo", cellId);
      expect(await confirmedMn()).toMatchObject({ mn: 1, normal: 0, readers: [{ reader: "Ben" }] });
      await undoLabel(workspace, "Ben", cellId);
      expect(await confirmedMn()).toMatchObject({ cells: 0 });
      expect((await labelsOfCell(workspace.db, cellId)).map(({ finding }) => finding)).toEqual([
        "mn",
        "normal",
        "withdrawn",
        "withdrawn",
      ]);
      await expect(undoLabel(workspace, "Ben", cellId)).rejects.toMatchObject({ code: "LABEL_NOTHING_TO_UNDO" });
    });

    test.each([
      [{ finding: "normal", micronuclei: 1 }, "LABEL_INVALID"],
      [{ finding: "mn", micronuclei: 0 }, "LABEL_INVALID"],
      [{ finding: "mn", micronuclei: 1.5 }, "LABEL_INVALID"],
      [{ finding: "unscorable", micronuclei: null, reason: " " }, "LABEL_INVALID"],
      [{ finding: "multinucleate", micronuclei: 2 }, "LABEL_INVALID"],
    ] as const)("the label %o is refused", async (label, code) => {
      await madeStudy(workspace, twoSamples);
      const [cellId = 0] = await cellsOf(workspace, "A");
      await expect(labelCell(workspace, "Ben", { cellId, ...label })).rejects.toMatchObject({ code });
      await expect(
        labelCell(workspace, "Ben", { cellId: 9999, finding: "normal", micronuclei: 0 }),
      ).rejects.toMatchObject({
        code: "CELL_MISSING",
      });
    });

    test("scoring again with another model keeps both; which one counts is chosen", async () => {
      const study = await madeStudy(workspace, [twoSamples[1] as (typeof twoSamples)[1]]);
      const other = await madeScoring(workspace, study.id, "other model");
      const cells = await cellsOf(workspace, "B");
      const [slide] = await listSlides(workspace.db, study.id);
      const prediction = { slideId: slide?.id ?? 0, outcome: "negative", probability: 0.2, quality: "ok" } as const;
      const rest = { attentionX: null, attentionY: null, attentionPeak: null, error: null };
      const predictions = cells.map((cellId) => ({ cellId, ...prediction, ...rest }));
      const record = () => workspace.change("Ana", (change) => recordPredictions(change, other, predictions));
      expect(await record()).toBe(10);
      expect(await record(), "a cell is scored once").toBe(0);
      expect((await countSamples(workspace.db, study))[0]?.automatic).toEqual({ positive: 5, negative: 5 });
      await selectScoring(workspace, "Ana", { studyId: study.id, scoringId: other.id, reason: "validated" });
      const changed = await findStudy(workspace.db, "Made");
      expect((await countSamples(workspace.db, changed))[0]?.automatic).toEqual({ positive: 0, negative: 10 });
      expect(await listScorings(workspace.db, study.id)).toHaveLength(2);
      expect((await ensureScoring(workspace, "Ana", other)).id).toBe(other.id);
    });

    test("importing the same cells again adds none, another picture under a known name is refused", async () => {
      const study = await createStudy(workspace, "Ana", { name: "I", design: { title: "I", kind: "frequency" } });
      const cell = (file: string, sha256: string | null): IncomingCell => ({
        ...{ sample: sampleNamed("A"), slide: "1", file, originalId: null, x: null, y: null },
        ...{ columnsJson: null, sha256 },
      });
      const bring = async (...cells: IncomingCell[]) =>
        await importCells(workspace, "Ana", {
          studyId: study.id,
          source: { path: "p", base: "/p", sha256: null },
          cells: (async function* () {
            yield cells;
          })(),
          codes: new RandomStream("codes"),
        });
      expect(await bring(cell("a.png", "one"), cell("b.png", "two"), cell("c.png", "one"))).toEqual({
        added: 3,
        known: 0,
        duplicates: 1,
      });
      expect(await bring(cell("a.png", "one"), cell("d.png", "two"))).toEqual({ added: 1, known: 1, duplicates: 1 });
      await expect(bring(cell("a.png", "three"))).rejects.toMatchObject({ code: "CELL_CONFLICT" });
      await expect(bring(cell("e.png", null), cell("e.png", null))).rejects.toMatchObject({ code: "CELL_TWICE" });
      const [counts] = await countSamples(workspace.db, study);
      expect(counts).toMatchObject({ cells: 4, uncounted: { duplicates: 2, unscored: 2 } });
      const [, , third = 0] = await cellsOf(workspace, "A");
      await expect(
        labelCell(workspace, "Ben", { cellId: third, finding: "normal", micronuclei: 0 }),
      ).rejects.toMatchObject({
        code: "CELL_IS_DUPLICATE",
      });
      expect((await verifyAudit(workspace)).faults).toEqual([]);
    });

    test("a sample has a code that tells nothing, and details that cannot change in silence", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const samples = await listSamples(workspace.db, study.id);
      expect(new Set(samples.map(({ code }) => code)).size).toBe(2);
      for (const { code } of samples) expect(code).toMatch(/^[A-HJ-KM-NP-Z2-9]{6}$/);
      const again = importCells(workspace, "Ana", {
        studyId: study.id,
        source: { path: "p", base: "/p", sha256: null },
        cells: (async function* () {
          const sample = sampleNamed("A", { dose: 1 });
          yield [
            { sample, slide: "2", file: "x", originalId: null, x: null, y: null, columnsJson: null, sha256: null },
          ];
        })(),
        codes: new RandomStream("codes"),
      });
      await expect(again).rejects.toMatchObject({ code: "SAMPLE_CONFLICT" });
    });

    test("an excluded sample stays, with its reason", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const request = { studyId: study.id, sample: "B", excluded: true, reason: "spindle poison" };
      await excludeSample(workspace, "Ana", request);
      expect((await listSamples(workspace.db, study.id)).map(({ excluded }) => excluded)).toEqual([
        null,
        "spindle poison",
      ]);
      await excludeSample(workspace, "Ana", { ...request, excluded: false, reason: "was another one" });
      expect((await listSamples(workspace.db, study.id))[1]?.excluded).toBeNull();
      await expect(excludeSample(workspace, "Ana", { ...request, sample: "C" })).rejects.toMatchObject({
        code: "SAMPLE_MISSING",
      });
    });

    test("cells are found for the gallery, the deviations, the histogram and the audit of calls", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [, , called = 0] = await cellsOf(workspace, "A");
      await labelCell(workspace, "Ben", { cellId: called, finding: "mn", micronuclei: 2, queue: "random-negative" });
      const gallery = await calledPositive(workspace.db, study, { perSample: 3, most: 10 });
      expect(gallery.map(({ sample }) => sample)).toEqual(["A", "A", "B", "B", "B"]);
      expect(gallery[0]).toMatchObject({ originalId: "positive 0", path: "/made/A/positive-0.png", label: null });
      const deviations = await listDeviations(workspace.db, study, 10);
      expect(deviations.map(({ kind, reason }) => [kind, reason])).toEqual([
        ["flagged", "image quality: blank"],
        ["unreadable", "IMAGE_TRUNCATED: the file ends early"],
      ]);
      expect(await probabilityHistogram(workspace.db, study, 10)).toEqual(
        expect.arrayContaining([
          { outcome: "negative", bin: 1, cells: 13 },
          { outcome: "positive", bin: 9, cells: 7 },
        ]),
      );
      expect(await auditedCells(workspace.db, study)).toEqual([
        { predicted: "negative", probability: 0.1, positive: true },
      ]);
    });

    test("everything that was done is in the audit trail, in order, each entry after the one before", async () => {
      const study = await madeStudy(workspace, twoSamples);
      const [cellId = 0] = await cellsOf(workspace, "A");
      await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 1 });
      const trail = await readTrail(workspace.db, { limit: 100 });
      expect(trail.map(({ seq }) => seq)).toEqual(trail.map((_, index) => index + 1));
      expect(trail.map(({ action }) => action)).toEqual([
        "create study",
        "start scoring",
        "select scoring",
        "add source",
        "add sample",
        "add slide",
        "add sample",
        "add slide",
        "import cells",
        "score cells",
        "label cell",
      ]);
      expect(trail.at(-1)).toMatchObject({
        who: "Ben",
        at: "2026-03-04T12:00:00.000Z",
        subject: `cell ${cellId}`,
        study_id: study.id,
      });
      expect(await readHead(workspace.db)).toEqual({ entries: trail.length, hash: trail.at(-1)?.hash });
      expect(await verifyAudit(workspace)).toMatchObject({ faults: [], checked: { entries: 11, rows: 22 + 22 + 1 } });
    });

    test("a change that fails leaves nothing, not even its audit entry", async () => {
      const failing = workspace.change("Ana", async ({ record }) => {
        await record({ action: "fail", subject: "test" });
        throw new Error("on purpose");
      });
      await expect(failing).rejects.toThrow("on purpose");
      expect(await readHead(workspace.db)).toMatchObject({ entries: 0 });
    });

    test.each(["cell", "prediction", "label", "label_key", "draw", "audit_entry"] as const)(
      "the database refuses to change or remove rows of %s",
      async (table) => {
        const study = await madeStudy(workspace, twoSamples);
        const [cellId = 0] = await cellsOf(workspace, "A");
        await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 1, key: "some key" });
        await drawAuditSample(workspace, "Ana", { study, called: "negative", cells: 1 });
        await expect(workspace.db.deleteFrom(table).execute()).rejects.toThrow(/append-only/);
        await expect(
          workspace.db
            .updateTable(table)
            .set({ entry: 1, seq: 1 } as never)
            .execute(),
        ).rejects.toThrow();
      },
    );

    test("opening again finds everything; a database of a later version is refused", async () => {
      await madeStudy(workspace, twoSamples);
      await workspace.close();
      workspace = await Workspace.onEngine(database.engine(), NOON);
      expect(
        (await countSamples(workspace.db, await findStudy(workspace.db, "Made"))).map(({ cells }) => cells),
      ).toEqual([12, 10]);
      await workspace.close();
      const later = { ...MIGRATIONS, "9999-later": async () => {} };
      await (await Workspace.onEngine(database.engine(), NOON, later)).close();
      await expect(Workspace.onEngine(database.engine(), NOON)).rejects.toMatchObject({ code: "WORKSPACE_NEWER" });
      workspace = await Workspace.onEngine(database.engine(), NOON, later);
    });

    test("a migration that fails leaves the database as it was", async () => {
      await madeStudy(workspace, twoSamples);
      await workspace.close();
      const failing: typeof MIGRATIONS = {
        ...MIGRATIONS,
        "9999-fails": async ({ schema }) => {
          await schema.createTable("half").addColumn("id", "integer").execute();
          throw new Error("disk full");
        },
      };
      await expect(Workspace.onEngine(database.engine(), NOON, failing)).rejects.toMatchObject({
        code: "WORKSPACE_MIGRATION",
      });
      workspace = await Workspace.onEngine(database.engine(), NOON);
      expect((await workspace.db.introspection.getTables()).map(({ name: table }) => table)).not.toContain("half");
      expect((await verifyAudit(workspace)).faults).toEqual([]);
    });
  });
}
