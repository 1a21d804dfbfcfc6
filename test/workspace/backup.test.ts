import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backUp, restore } from "../../src/workspace/backup.ts";
import { exportWorkspace } from "../../src/workspace/export.ts";
import { labelCell } from "../../src/workspace/labels.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf, madeStudy, NOON } from "./made-study.ts";

let folder: string;
let workspace: Workspace;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-backup-"));
  workspace = await Workspace.create(join(folder, "lab"), NOON);
  await madeStudy(workspace, [{ sample: sampleNamed('Quoted "A", too'), outcomes: { positive: 3, negative: 6_000 } }]);
});

afterEach(async () => {
  await workspace.close();
  await rm(folder, { recursive: true });
});

async function exported(of: Workspace, name: string): Promise<string> {
  await exportWorkspace(of, join(folder, name), "csv");
  const files = (await readdir(join(folder, name))).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, name, file), "utf8")))).join("\n");
}

test("a workspace restored from a backup is the same in every table, and can be worked with", async () => {
  const path = join(folder, "monday.mnbackup");
  const before = await exported(workspace, "before");
  await backUp(workspace, path);
  const [cellId = 0] = await cellsOf(workspace, 'Quoted "A", too');
  await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 1 });
  const { head, faults } = await restore(path, join(folder, "lab 2"), NOON);
  expect([head.entries, faults]).toEqual([8, []]);
  const restored = await Workspace.open(join(folder, "lab 2"), NOON);
  expect(await exported(restored, "after")).toBe(before);
  await labelCell(restored, "Ben", { cellId, finding: "mn", micronuclei: 2 });
  await restored.close();
});

test("neither a backup nor a workspace is ever overwritten", async () => {
  const path = join(folder, "monday.mnbackup");
  await backUp(workspace, path);
  await expect(backUp(workspace, path)).rejects.toMatchObject({ code: "BACKUP_EXISTS" });
  await expect(restore(path, join(folder, "lab"), NOON)).rejects.toMatchObject({ code: "WORKSPACE_EXISTS" });
  await expect(Workspace.create(join(folder, "lab"), NOON)).rejects.toMatchObject({ code: "WORKSPACE_EXISTS" });
  await expect(restore(join(folder, "none"), join(folder, "x"), NOON)).rejects.toMatchObject({
    code: "BACKUP_MISSING",
  });
  await expect(Workspace.open(join(folder, "x"), NOON)).rejects.toMatchObject({ code: "WORKSPACE_MISSING" });
});

test("a damaged backup is refused and leaves no workspace", async () => {
  const path = join(folder, "monday.mnbackup");
  await backUp(workspace, path);
  const bytes = await readFile(path);
  const changed = Buffer.from(bytes);
  const at = changed.indexOf("negative-5000.png");
  changed.write("negative-5001.png", at);
  for (const damaged of [bytes.subarray(0, bytes.length / 2), Buffer.from("no database at all"), changed]) {
    await writeFile(path, damaged);
    await expect(restore(path, join(folder, "lab 2"), NOON)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
    expect(await readdir(folder)).not.toContain("lab 2");
  }
});

test("CSV and JSON Lines hold every row of every table, in more parts than one", async () => {
  const csv = await exportWorkspace(workspace, join(folder, "csv"), "csv");
  const lines = await exportWorkspace(workspace, join(folder, "jsonl"), "jsonl");
  expect(csv.find(({ table }) => table === "cell")?.rows).toBe(6_003);
  for (const [index, { path, rows, table }] of csv.entries()) {
    const records = parse<Record<string, string>>(await readFile(path), { columns: true });
    const objects = (await readFile(lines[index]?.path ?? "", "utf8"))
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    expect([records.length, objects.length], table).toEqual([rows, rows]);
    expect(records.map((record) => Object.values(record))).toEqual(
      objects.map((object) => Object.values(object).map((value) => (value === null ? "" : String(value)))),
    );
  }
  const [sample] = parse<Record<string, string>>(await readFile(join(folder, "csv", "sample.csv")), { columns: true });
  expect(sample?.name).toBe('Quoted "A", too');
});
