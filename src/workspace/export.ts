import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { type Kysely, sql } from "kysely";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { Schema } from "./schema.ts";
import type { Workspace } from "./workspace.ts";

/** Every table, with the columns that order it and by which it is read in parts. */
const TABLES: readonly (readonly [keyof Schema, readonly string[]])[] = [
  ["study", ["id"]],
  ["sample", ["id"]],
  ["source", ["id"]],
  ["slide", ["id"]],
  ["cell", ["id"]],
  ["scoring", ["id"]],
  ["prediction", ["scoring_id", "cell_id"]],
  ["attention_map", ["scoring_id", "cell_id", "name"]],
  ["label", ["id"]],
  ["current_label", ["cell_id"]],
  ["label_key", ["key"]],
  ["draw", ["id"]],
  ["reader", ["id"]],
  ["review_position", ["reader", "study_id", "queue", "sample_id"]],
  ["audit_entry", ["seq"]],
];

export type ExportFormat = "csv" | "jsonl";

export interface ExportedTable {
  readonly table: string;
  readonly path: string;
  readonly rows: number;
}

const ROWS_AT_ONCE = 5_000;

/** Writes every table of a workspace as CSV or JSON Lines, all of one state; bytes are base64. Same state, same bytes. */
export async function exportWorkspace(
  workspace: Workspace,
  folder: string,
  format: ExportFormat,
  reportProgress: ReportProgress = ignoreProgress,
): Promise<ExportedTable[]> {
  await mkdir(folder, { recursive: true });
  return await workspace.snapshot(async (db) => {
    const exported: ExportedTable[] = [];
    for (const [table, key] of TABLES) {
      const path = join(folder, `${table}.${format}`);
      exported.push({ table, path, rows: await exportTable(db, table, key, path, format) });
      reportProgress({ stage: "Exporting", done: exported.length, total: TABLES.length, detail: table });
    }
    return exported;
  });
}

async function exportTable(
  db: Kysely<Schema>,
  table: keyof Schema,
  key: readonly string[],
  path: string,
  format: ExportFormat,
): Promise<number> {
  const file = await open(path, "w");
  try {
    let rows = 0;
    if (format === "csv") await file.write(stringify([await columnsOf(db, table)]));
    for await (const part of partsOf(db, table, key)) {
      const plain = part.map((row) => Object.values(row).map(plainValue));
      const names = Object.keys(part[0] ?? {});
      const text =
        format === "csv"
          ? stringify(plain)
          : plain
              .map((row) => `${JSON.stringify(Object.fromEntries(names.map((name, at) => [name, row[at]])))}\n`)
              .join("");
      await file.write(text);
      rows += part.length;
    }
    return rows;
  } finally {
    await file.close();
  }
}

async function columnsOf(db: Kysely<Schema>, table: keyof Schema): Promise<string[]> {
  const tables = await db.introspection.getTables();
  return tables.find(({ name }) => name === table)?.columns.map(({ name }) => name) ?? [];
}

async function* partsOf(
  db: Kysely<Schema>,
  table: keyof Schema,
  key: readonly string[],
): AsyncGenerator<readonly Readonly<Record<string, unknown>>[]> {
  const columns = sql.join(key.map((name) => sql.ref(name)));
  let after = sql`true`;
  for (;;) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)} where ${after}
      order by ${columns} limit ${ROWS_AT_ONCE}`.execute(db);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_AT_ONCE) return;
    after = sql`(${columns}) > (${sql.join(key.map((name) => last[name]))})`;
  }
}

function plainValue(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
