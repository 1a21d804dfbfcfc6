import { type ColumnDefinitionBuilder, type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { describeError, MicronucleiError } from "../core/errors.ts";
import { addReviewTables } from "./review-migration.ts";
import type { StorageEngine } from "./storage-engine.ts";

/** Hash before the first audit entry. */
export const FIRST_HASH = "0".repeat(64);

export type Migrations = Readonly<Record<string, (db: Kysely<never>, engine: StorageEngine) => Promise<void>>>;

/** Steps from an empty database to the present schema, in the order of their names. A step is never changed once released. */
export const MIGRATIONS: Migrations = {
  "0001-studies-cells-labels-audit": createTables,
  "0002-review": addReviewTables,
};

/**
 * Brings a database to the present schema, all steps or none. Throws WORKSPACE_NEWER where a later version of this
 * software has been there, WORKSPACE_MIGRATION where a step fails.
 */
export async function migrate(
  db: Kysely<never>,
  engine: StorageEngine,
  migrations: Migrations = MIGRATIONS,
): Promise<void> {
  const steps = Object.entries(migrations).map(([name, up]): [string, Migration] => [
    name,
    { up: (trx) => up(trx as Kysely<never>, engine) },
  ]);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(steps) } });
  await refuseNewer(db, Object.keys(migrations));
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  throw new MicronucleiError(
    "WORKSPACE_MIGRATION",
    `The database could not be brought to this version's form: ${describeError(error)}. Nothing was changed. ` +
      "Check the free space of the disk, or restore a backup.",
    { cause: error },
  );
}

async function refuseNewer(db: Kysely<never>, known: readonly string[]): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === "kysely_migration")) return;
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  const unknown = rows.find(({ name }) => !known.includes(name));
  if (unknown === undefined) return;
  throw new MicronucleiError(
    "WORKSPACE_NEWER",
    `The workspace was made by a later version of this software (step "${unknown.name}"). Install that version.`,
  );
}

type Column = (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;

const required: Column = (column) => column.notNull();
const references =
  (table: string): Column =>
  (column) =>
    column.notNull().references(`${table}.id`);

async function createTables(db: Kysely<never>, engine: StorageEngine): Promise<void> {
  await createStudyTables(db, engine);
  await createScoringTables(db, engine);
  await createLabelTables(db);
  await createAuditTables(db);
  for (const table of ["cell", "prediction", "attention_map", "label", "audit_entry"])
    await engine.forbidChanges(db, table);
}

async function createStudyTables({ schema }: Kysely<never>, { identity }: StorageEngine): Promise<void> {
  await schema
    .createTable("study")
    .addColumn("id", "integer", identity)
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("design_json", "text", required)
    .addColumn("created_at", "text", required)
    .addColumn("scoring_id", "integer")
    .execute();
  await schema
    .createTable("sample")
    .addColumn("id", "integer", identity)
    .addColumn("study_id", "integer", references("study"))
    .addColumn("name", "text", required)
    .addColumn("code", "text", required)
    .addColumn("role", "text")
    .addColumn("donor", "text")
    .addColumn("culture", "text")
    .addColumn("replicate", "text")
    .addColumn("treatment", "text")
    .addColumn("dose", "double precision")
    .addColumn("dose_unit", "text")
    .addColumn("harvest_hours", "double precision")
    .addColumn("mono_cells", "integer")
    .addColumn("bi_cells", "integer")
    .addColumn("multi_cells", "integer")
    .addColumn("columns_json", "text", required)
    .addColumn("excluded", "text")
    .addUniqueConstraint("sample_name", ["study_id", "name"])
    .addUniqueConstraint("sample_code", ["study_id", "code"])
    .execute();
  await schema
    .createTable("source")
    .addColumn("id", "integer", identity)
    .addColumn("study_id", "integer", references("study"))
    .addColumn("path", "text", required)
    .addColumn("base", "text", required)
    .addColumn("sha256", "text")
    .execute();
  await schema
    .createTable("slide")
    .addColumn("id", "integer", identity)
    .addColumn("study_id", "integer", references("study"))
    .addColumn("sample_id", "integer", references("sample"))
    .addColumn("name", "text", required)
    .addColumn("cells", "integer", required)
    .addColumn("duplicates", "integer", required)
    .addUniqueConstraint("slide_name", ["sample_id", "name"])
    .execute();
  await schema.createIndex("slide_of_study").on("slide").column("study_id").execute();
  await schema
    .createTable("cell")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("slide_id", "integer", references("slide"))
    .addColumn("source_id", "integer", references("source"))
    .addColumn("file", "text", required)
    .addColumn("original_id", "text")
    .addColumn("x", "double precision")
    .addColumn("y", "double precision")
    .addColumn("columns_json", "text")
    .addColumn("sha256", "text")
    .addColumn("duplicate_of", "integer")
    .addColumn("entry", "integer", required)
    .addUniqueConstraint("cell_of_slide", ["slide_id", "file"])
    .execute();
  await schema
    .createIndex("cell_picture")
    .on("cell")
    .column("sha256")
    .where(sql.ref("sha256"), "is not", null)
    .execute();
}

async function createScoringTables({ schema }: Kysely<never>, engine: StorageEngine): Promise<void> {
  const clustered = sql.raw(engine.tableOptions.clusteredByKey);
  await schema
    .createTable("scoring")
    .addColumn("id", "integer", engine.identity)
    .addColumn("study_id", "integer", references("study"))
    .addColumn("model_sha256", "text", required)
    .addColumn("model_path", "text", required)
    .addColumn("model_json", "text", required)
    .addColumn("threshold", "double precision", required)
    .addColumn("settings_json", "text", required)
    .addColumn("version", "text", required)
    .addColumn("started_at", "text", required)
    .addUniqueConstraint("scoring_identity", ["study_id", "model_sha256", "threshold", "settings_json"])
    .execute();
  await schema
    .createTable("prediction")
    .addColumn("scoring_id", "integer", references("scoring"))
    .addColumn("cell_id", "integer", references("cell"))
    .addColumn("outcome", "text", required)
    .addColumn("probability", "double precision")
    .addColumn("quality", "text", required)
    .addColumn("attention_x", "double precision")
    .addColumn("attention_y", "double precision")
    .addColumn("attention_peak", "double precision")
    .addColumn("error", "text")
    .addColumn("entry", "integer", required)
    .addPrimaryKeyConstraint("prediction_key", ["scoring_id", "cell_id"])
    .modifyEnd(clustered)
    .execute();
  await schema
    .createTable("prediction_tally")
    .addColumn("scoring_id", "integer", references("scoring"))
    .addColumn("slide_id", "integer", references("slide"))
    .addColumn("outcome", "text", required)
    .addColumn("cells", "integer", required)
    .addPrimaryKeyConstraint("prediction_tally_key", ["scoring_id", "slide_id", "outcome"])
    .modifyEnd(clustered)
    .execute();
  await schema
    .createTable("attention_map")
    .addColumn("scoring_id", "integer", references("scoring"))
    .addColumn("cell_id", "integer", references("cell"))
    .addColumn("name", "text", required)
    .addColumn("width", "integer", required)
    .addColumn("height", "integer", required)
    .addColumn("data", engine.bytes === "blob" ? "blob" : "bytea", required)
    .addPrimaryKeyConstraint("attention_map_key", ["scoring_id", "cell_id", "name"])
    .modifyEnd(clustered)
    .execute();
}

async function createLabelTables({ schema }: Kysely<never>): Promise<void> {
  await schema
    .createTable("label")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("cell_id", "integer", references("cell"))
    .addColumn("reader", "text", required)
    .addColumn("finding", "text", required)
    .addColumn("micronuclei", "integer")
    .addColumn("reason", "text")
    .addColumn("queue", "text")
    .addColumn("withdraws", "integer")
    .addColumn("at", "text", required)
    .addColumn("entry", "integer", required)
    .execute();
  await schema.createIndex("label_of_cell").on("label").columns(["cell_id", "id"]).execute();
  await schema
    .createTable("current_label")
    .addColumn("cell_id", "integer", (column) => column.primaryKey().references("cell.id"))
    .addColumn("label_id", "integer", references("label"))
    .execute();
}

async function createAuditTables(db: Kysely<never>): Promise<void> {
  await db.schema
    .createTable("audit_entry")
    .addColumn("seq", "integer", (column) => column.primaryKey())
    .addColumn("at", "text", required)
    .addColumn("who", "text", required)
    .addColumn("action", "text", required)
    .addColumn("subject", "text", required)
    .addColumn("study_id", "integer")
    .addColumn("old_json", "text")
    .addColumn("new_json", "text")
    .addColumn("reason", "text")
    .addColumn("digest", "text")
    .addColumn("previous_hash", "text", required)
    .addColumn("hash", "text", required)
    .execute();
  await db.schema.createIndex("audit_entry_of_subject").on("audit_entry").columns(["subject", "seq"]).execute();
  await db.schema
    .createTable("audit_head")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("entries", "integer", required)
    .addColumn("hash", "text", required)
    .execute();
  await sql`insert into audit_head (id, entries, hash) values (1, 0, ${sql.lit(FIRST_HASH)})`.execute(db);
}
