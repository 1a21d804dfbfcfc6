import { createHash } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifyAudit } from "../../src/workspace/audit-verify.ts";
import { drawAuditSample } from "../../src/workspace/call-audit.ts";
import { labelCell, undoLabel } from "../../src/workspace/labels.ts";
import { setBlinded } from "../../src/workspace/readers.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { DATABASE_FILE, Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf, madeStudy, NOON } from "./made-study.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-tampering-"));
  const workspace = await Workspace.create(folder, NOON);
  const study = await madeStudy(workspace, [
    { sample: sampleNamed("A", { dose: 2 }), outcomes: { positive: 3, negative: 7 } },
  ]);
  const [first = 0, second = 0, third = 0] = await cellsOf(workspace, "A");
  await labelCell(workspace, "Ben", { cellId: first, finding: "mn", micronuclei: 2 });
  await labelCell(workspace, "Ben", { cellId: second, finding: "normal", micronuclei: 0 });
  await labelCell(workspace, "Cleo", { cellId: third, finding: "mn", micronuclei: 1 });
  await undoLabel(workspace, "Cleo", third);
  await drawAuditSample(workspace, "Ana", { study, called: "negative", cells: 1, seed: "s" });
  await setBlinded(workspace, "Cleo", { studyId: study.id, name: "Cleo", blinded: true });
  await labelCell(workspace, "Cleo", { cellId: first, finding: "normal", micronuclei: 0, queue: "second" });
  await workspace.close();
});

afterAll(() => rm(folder, { recursive: true }));

/** What verification finds after somebody has worked on the database with its own tools. */
async function faultsAfter(tamper: (database: DatabaseSync) => void, known: Parameters<typeof verifyAudit>[1] = []) {
  const copy = await mkdtemp(join(tmpdir(), "mn-tampered-"));
  try {
    await copyFile(join(folder, DATABASE_FILE), join(copy, DATABASE_FILE));
    const database = new DatabaseSync(join(copy, DATABASE_FILE));
    const triggers = database.prepare("select name from sqlite_master where type = 'trigger'").all();
    for (const { name } of triggers) database.exec(`drop trigger ${name}`);
    database.exec("pragma foreign_keys = off");
    tamper(database);
    database.close();
    const workspace = await Workspace.open(copy, NOON);
    const { faults } = await verifyAudit(workspace, known);
    await workspace.close();
    return faults.map(({ where, problem }) => `${where} ${problem}`);
  } finally {
    await rm(copy, { recursive: true });
  }
}

const run =
  (...statements: string[]) =>
  (database: DatabaseSync) => {
    for (const statement of statements) database.exec(statement);
  };

test("an untouched workspace has no fault", async () => {
  expect(await faultsAfter(() => {})).toEqual([]);
});

test.each<[string, (database: DatabaseSync) => void, RegExp]>([
  ["another author", run("update audit_entry set who = 'Dan' where seq = 9"), /^entry 9 was changed/],
  ["another time", run("update audit_entry set at = '2026-01-01T00:00:00.000Z' where seq = 3"), /^entry 3 was changed/],
  ["another value", run("update audit_entry set new_json = '{}' where seq = 4"), /^entry 4 was changed/],
  ["another reason", run("update audit_entry set reason = 'because' where seq = 5"), /^entry 5 was changed/],
  ["an entry less", run("delete from audit_entry where seq = 6"), /^entry 6 is missing/],
  [
    "the last entry gone",
    run("delete from audit_entry where seq = (select max(seq) from audit_entry)"),
    /trail has 14 entries and should have 15/,
  ],
  [
    "the last entry gone and the head put back",
    run(
      "delete from audit_entry where seq = 15",
      "update audit_head set entries = 14, hash = (select hash from audit_entry where seq = 14)",
    ),
    /label rows of entry 15 name an entry that does not vouch/,
  ],
  [
    "two entries in another order",
    run(
      "update audit_entry set seq = 99 where seq = 9",
      "update audit_entry set seq = 9 where seq = 10",
      "update audit_entry set seq = 10 where seq = 99",
    ),
    /^entry 9 does not follow/,
  ],
  [
    "an entry put in",
    run(
      "insert into audit_entry select 16, at, who, action, subject, study_id, old_json, new_json, reason, null, hash, hash from audit_entry where seq = 15",
    ),
    /^entry 16 was changed/,
  ],
  [
    "another count of micronuclei",
    run("update label set micronuclei = 1 where id = 1"),
    /^label rows of entry 9 were changed/,
  ],
  ["another reader", run("update label set reader = 'Dan' where id = 2"), /^label rows of entry 10 were changed/],
  [
    "a label less",
    run("delete from current_label where label_id = 2", "delete from label where id = 2"),
    /^rows of entry 10 are missing/,
  ],
  [
    "a label more",
    run(
      "insert into label select 9, cell_id, 'Dan', finding, micronuclei, reason, queue, withdraws, at, entry from label where id = 1",
    ),
    /^label rows of entry 9 were changed/,
  ],
  [
    "another probability",
    run("update prediction set probability = 0.2 where cell_id = 2"),
    /^prediction rows of entry 8 were changed/,
  ],
  ["a prediction less", run("delete from prediction where cell_id = 4"), /^prediction rows of entry 8/],
  ["another file", run("update cell set file = 'other.png' where id = 5"), /^cell rows of entry 7 were changed/],
  ["a cell in another slide", run("update cell set slide_id = 99 where id = 5"), /^cell rows of entry 7 were changed/],
  ["another dose", run("update sample set dose = 0"), /^sample 1 is not as its latest audit entry says/],
  ["a sample left out in silence", run("update sample set excluded = 'oops'"), /^sample 1 is not as/],
  ["another design", run('update study set design_json = \'{"title":"T","kind":"frequency"}\''), /^study 1 is not as/],
  ["another threshold", run("update scoring set threshold = 0.1"), /^scoring 1 is not as/],
  [
    "a sample that nobody added",
    run(
      "insert into sample select 9, study_id, 'X', 'XXXXXX', role, donor, culture, replicate, treatment, dose, dose_unit, harvest_hours, mono_cells, bi_cells, multi_cells, columns_json, excluded from sample",
    ),
    /^sample 9 is in no audit entry/,
  ],
  ["a slide gone", run("delete from slide"), /^slide 1 is missing/],
  [
    "another label made to count",
    run("update current_label set label_id = 1 where cell_id = 2"),
    /^cell 2 counts under another label/,
  ],
  [
    "a withdrawn label made to count",
    run("insert into current_label values (3, 3)"),
    /^cell 3 counts under a label that does not stand/,
  ],
  [
    "a drawn cell exchanged for another",
    run("update draw set cells_json = '[7]'"),
    /^draw 1 is not as its latest audit entry says/,
  ],
  ["a reader no longer blinded", run("update reader set blinded = 0"), /^reader 1 is not as/],
  ["a draw gone", run("delete from draw"), /^draw 1 is missing/],
  [
    "a second reading made to count",
    run("update current_label set label_id = 5 where cell_id = 1"),
    /^cell 1 counts under another label/,
  ],
  ["a counter of cells", run("update slide set cells = 11"), /^slide 1 has 10 cells and its counter says 11/],
  [
    "a counter of predictions",
    run("update prediction_tally set cells = 4 where outcome = 'positive'"),
    /has 3 predictions and its counter says 4/,
  ],
])("%s is found", async (_, tamper, found) => {
  const faults = await faultsAfter(tamper);
  expect(faults.filter((fault) => found.test(fault))).toHaveLength(1);
});

test("a whole new chain over changed content fits in itself, and is found with a head that was written down", async () => {
  const workspace = await Workspace.open(folder, NOON);
  const { head } = await verifyAudit(workspace);
  await workspace.close();
  const forge = (database: DatabaseSync): void => {
    database.exec("update audit_entry set who = 'Dan' where seq = 9");
    let previous = "0".repeat(64);
    for (const row of database.prepare("select * from audit_entry order by seq").all()) {
      const { seq, at, who, action, subject, study_id, old_json, new_json, reason, digest } = row;
      const content = [seq, at, who, action, subject, study_id, old_json, new_json, reason, digest, previous];
      const hash = createHash("sha256").update(JSON.stringify(content)).digest("hex");
      database
        .prepare("update audit_entry set previous_hash = ?, hash = ? where seq = ?")
        .run(previous, hash, seq as number);
      previous = hash;
    }
    database.prepare("update audit_head set hash = ?").run(previous);
  };
  expect(await faultsAfter(forge)).toEqual([]);
  expect(await faultsAfter(forge, [head])).toEqual([`entry 15 does not have the known hash ${head.hash}`]);
});
