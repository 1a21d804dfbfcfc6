import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type SqliteStatement,
  sql,
  type TransactionSettings,
} from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import type { StorageEngine } from "./storage-engine.ts";

/** How long a writer waits for others to finish their transactions. */
const WRITER_PATIENCE_MILLISECONDS = 60_000;
const BETWEEN_ATTEMPTS_MILLISECONDS = 5;
/** How long anything else waits, such as for another process that mends the database after a crash. */
const BUSY_MILLISECONDS = 5_000;
/** Statements kept prepared; the program has fewer different ones, but for bulk inserts of odd sizes. */
const MOST_STATEMENTS = 200;

/**
 * SQLite in a file. Write-ahead log, so that readers and one writer in any number of processes do not wait for each
 * other; flushed to the disk at every commit (synchronous=FULL, on macOS through the drive's own cache), so that a confirmed
 * decision survives a power cut.
 */
export function sqliteEngine(path: string): StorageEngine {
  return {
    name: "sqlite",
    dialect: sqliteDialect(path),
    identity: (column) => column.primaryKey().autoIncrement(),
    bytes: "blob",
    tableOptions: { clusteredByKey: "without rowid" },
    forbidChanges: async (db, table) => {
      for (const operation of ["update", "delete"] as const)
        await sql`create trigger ${sql.ref(`${table}_no_${operation}`)} before ${sql.raw(operation)} on ${sql.table(table)}
          begin select raise(abort, ${sql.lit(`${table} is append-only: ${operation} is forbidden`)}); end`.execute(db);
    },
  };
}

/** A consistent copy of a database under use, as one file without a log. The target must not exist. */
export async function copyDatabase<Tables>(db: Kysely<Tables>, target: string): Promise<void> {
  await sql`vacuum into ${target}`.execute(db);
}

/** What SQLite finds wrong with the pages of a database file; empty where it is sound. */
export async function damageOf<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check(20)`.execute(db);
  return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
}

function sqliteDialect(path: string): Dialect {
  return {
    createAdapter: () => new NodeSqliteAdapter(),
    createDriver: (): Driver => new NodeSqliteDriver({ database: async () => openDatabase(path) }),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** In SQLite a schema changes inside a transaction like any data, so that a broken-off migration leaves no trace. */
class NodeSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver extends SqliteDriver {
  /**
   * A transaction that may write takes the lock at once: one that first reads and then writes could not wait for it. It
   * waits without blocking the thread, for the lock may be held by another workspace of the same process.
   */
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    const run = (statement: string) => connection.executeQuery(CompiledQuery.raw(statement));
    if (settings?.accessMode === "read only") {
      await run("begin");
      return;
    }
    const deadline = performance.now() + WRITER_PATIENCE_MILLISECONDS;
    await run("pragma busy_timeout = 0");
    try {
      while (!(await begins(run, deadline))) await wait(BETWEEN_ATTEMPTS_MILLISECONDS);
    } finally {
      await run(`pragma busy_timeout = ${BUSY_MILLISECONDS}`);
    }
  }
}

/** Whether the lock was free. Throws WORKSPACE_BUSY after the deadline. */
async function begins(run: (statement: string) => Promise<unknown>, deadline: number): Promise<boolean> {
  try {
    await run("begin immediate");
    return true;
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    if (performance.now() < deadline) return false;
    throw new MicronucleiError(
      "WORKSPACE_BUSY",
      `Another program has been writing to the workspace for ${WRITER_PATIENCE_MILLISECONDS / 1000} s. Let it finish, or end it, and try again.`,
      { cause },
    );
  }
}

const SQLITE_BUSY = 5;

function openDatabase(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { timeout: BUSY_MILLISECONDS, enableForeignKeyConstraints: true });
  database.exec(
    "pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on; pragma cache_size = -65536;",
  );
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      statements.clear();
      database.close();
    },
    prepare: (text) => {
      const known = statements.get(text);
      if (known !== undefined) return known;
      if (statements.size >= MOST_STATEMENTS) statements.clear();
      const statement = asKyselyStatement(database.prepare(text));
      statements.set(text, statement);
      return statement;
    },
  };
}

function asKyselyStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
