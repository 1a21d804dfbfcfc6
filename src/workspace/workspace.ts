import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Kysely, type Transaction } from "kysely";
import { describeError, MicronucleiError } from "../core/errors.ts";
import { type AuditEvent, appendEntry } from "./audit-trail.ts";
import { type Migrations, migrate } from "./migrations.ts";
import type { Schema } from "./schema.ts";
import { sqliteEngine } from "./sqlite.ts";
import type { StorageEngine } from "./storage-engine.ts";

/** The database file in a workspace's folder. */
export const DATABASE_FILE = "workspace.sqlite";

/** A transaction that somebody makes: everything in it is kept, or nothing, and its audit entries with it. */
export interface Change {
  readonly trx: Transaction<Schema>;
  readonly who: string;
  /** UTC, ISO 8601; one time for the whole change. */
  readonly at: string;
  /** Adds an audit entry and returns its number. */
  record(event: AuditEvent): Promise<number>;
}

/**
 * A laboratory's studies in a folder. Any number of processes may have it open at once: readers never wait, writers wait
 * for each other. What `change` returned from is on the disk.
 */
export class Workspace {
  readonly db: Kysely<Schema>;
  readonly #now: () => Date;

  private constructor(db: Kysely<Schema>, now: () => Date) {
    this.db = db;
    this.#now = now;
  }

  /** Makes a new workspace; the folder may exist, but not hold one. Throws WORKSPACE_EXISTS. */
  static async create(folder: string, now: () => Date): Promise<Workspace> {
    if (existsSync(join(folder, DATABASE_FILE)))
      throw new MicronucleiError(
        "WORKSPACE_EXISTS",
        `The folder "${folder}" holds a workspace already. Use it as it is, or give another folder.`,
      );
    await mkdir(folder, { recursive: true });
    return await Workspace.onEngine(sqliteEngine(join(folder, DATABASE_FILE)), now);
  }

  /** Opens a workspace, brought to the present schema. Throws WORKSPACE_MISSING, WORKSPACE_UNREADABLE, WORKSPACE_NEWER. */
  static async open(folder: string, now: () => Date): Promise<Workspace> {
    const file = join(folder, DATABASE_FILE);
    if (!existsSync(file))
      throw new MicronucleiError(
        "WORKSPACE_MISSING",
        `There is no workspace in "${folder}" (no file ${DATABASE_FILE}). Make one with "mn workspace init ${folder}", ` +
          "or name its folder with --workspace.",
      );
    return await Workspace.onEngine(sqliteEngine(file), now);
  }

  /** A workspace on any engine. */
  static async onEngine(engine: StorageEngine, now: () => Date, migrations?: Migrations): Promise<Workspace> {
    const db = new Kysely<Schema>({ dialect: engine.dialect });
    try {
      await migrate(db as unknown as Kysely<never>, engine, migrations);
      return new Workspace(db, now);
    } catch (error) {
      await db.destroy();
      if (error instanceof MicronucleiError) throw error;
      throw new MicronucleiError(
        "WORKSPACE_UNREADABLE",
        `The workspace's database cannot be used: ${describeError(error)}. Check the disk and its free space, or restore a backup.`,
        { cause: error },
      );
    }
  }

  /** Runs one transaction in the name of `who`. It is on the disk when the promise resolves, and undone if `work` throws. */
  async change<Result>(who: string, work: (change: Change) => Promise<Result>): Promise<Result> {
    const at = this.#now().toISOString();
    return await this.db.transaction().execute(async (trx) => {
      // Touching the head makes other writers wait, on engines where beginning a transaction does not.
      await trx
        .updateTable("audit_head")
        .set((head) => ({ entries: head.ref("entries") }))
        .execute();
      return await work({ trx, who, at, record: (event) => appendEntry(trx, { who, at, ...event }) });
    });
  }

  /** Runs queries that all see the same state, whatever is written meanwhile. */
  async snapshot<Result>(work: (db: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    return await this.db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work);
  }

  async close(): Promise<void> {
    await this.db.destroy();
  }
}
