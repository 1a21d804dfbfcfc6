import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { expect, test } from "vitest";
import { sqliteEngine } from "../../src/workspace/sqlite.ts";
import { reviewSuite } from "./review-suite.ts";
import { storageSuite } from "./storage-suite.ts";

test("a commit is on the disk: every one is flushed (synchronous = full) to a log that survives (WAL)", async () => {
  const { engine, remove } = await createDatabase();
  const db = new Kysely({ dialect: engine().dialect });
  const pragma = async (name: string) => {
    const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(db);
    return rows[0]?.[name];
  };
  // 2 is FULL: https://sqlite.org/pragma.html#pragma_synchronous
  expect([await pragma("synchronous"), await pragma("fullfsync"), await pragma("journal_mode")]).toEqual([2, 1, "wal"]);
  await db.destroy();
  await remove();
});

for (const suite of [storageSuite, reviewSuite]) suite("SQLite", createDatabase);

async function createDatabase() {
  const folder = await mkdtemp(join(tmpdir(), "mn-storage-"));
  return {
    engine: () => sqliteEngine(join(folder, "test.sqlite")),
    remove: () => rm(folder, { recursive: true }),
  };
}
