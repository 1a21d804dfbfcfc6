import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteEngine } from "../../src/workspace/sqlite.ts";
import { reviewSuite } from "./review-suite.ts";
import { storageSuite } from "./storage-suite.ts";

for (const suite of [storageSuite, reviewSuite]) suite("SQLite", createDatabase);

async function createDatabase() {
  const folder = await mkdtemp(join(tmpdir(), "mn-storage-"));
  return {
    engine: () => sqliteEngine(join(folder, "test.sqlite")),
    remove: () => rm(folder, { recursive: true }),
  };
}
