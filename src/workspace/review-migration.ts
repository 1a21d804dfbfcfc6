import { type Kysely, sql } from "kysely";
import type { StorageEngine } from "./storage-engine.ts";

/**
 * Step 2 of the schema: what the review application keeps, and indices for lists over a million cells. Labels of second
 * readings and adjudications, which tables may have brought already, count from here on by the rule of `countingLabel`.
 */
export async function addReviewTables(db: Kysely<never>, engine: StorageEngine): Promise<void> {
  await createTables(db, engine);
  for (const table of ["label_key", "draw"]) await engine.forbidChanges(db, table);
  await createIndices(db);
  await recountLabels(db);
}

async function createTables({ schema }: Kysely<never>, { identity, tableOptions }: StorageEngine): Promise<void> {
  const clustered = sql.raw(tableOptions.clusteredByKey);
  await schema
    .createTable("label_key")
    .addColumn("key", "text", (column) => column.primaryKey().notNull())
    .addColumn("label_id", "integer", (column) => column.notNull().references("label.id"))
    .modifyEnd(clustered)
    .execute();
  await schema
    .createTable("draw")
    .addColumn("id", "integer", identity)
    .addColumn("study_id", "integer", (column) => column.notNull().references("study.id"))
    .addColumn("scoring_id", "integer", (column) => column.notNull().references("scoring.id"))
    .addColumn("called", "text", (column) => column.notNull())
    .addColumn("seed", "text", (column) => column.notNull())
    .addColumn("available", "integer", (column) => column.notNull())
    .addColumn("cells_json", "text", (column) => column.notNull())
    .addColumn("drawn_at", "text", (column) => column.notNull())
    .execute();
  await schema
    .createTable("reader")
    .addColumn("id", "integer", identity)
    .addColumn("study_id", "integer", (column) => column.notNull().references("study.id"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("blinded", "integer", (column) => column.notNull())
    .addUniqueConstraint("reader_of_study", ["study_id", "name"])
    .execute();
  await schema
    .createTable("review_position")
    .addColumn("reader", "text", (column) => column.notNull())
    .addColumn("study_id", "integer", (column) => column.notNull().references("study.id"))
    .addColumn("queue", "text", (column) => column.notNull())
    .addColumn("sample_id", "integer", (column) => column.notNull())
    .addColumn("cell_id", "integer", (column) => column.notNull().references("cell.id"))
    .addPrimaryKeyConstraint("review_position_key", ["reader", "study_id", "queue", "sample_id"])
    .modifyEnd(clustered)
    .execute();
}

async function createIndices({ schema }: Kysely<never>): Promise<void> {
  await schema.createIndex("cell_in_slide").on("cell").columns(["slide_id", "id"]).execute();
  await schema
    .createIndex("prediction_by_probability")
    .on("prediction")
    .columns(["scoring_id", "outcome", "probability", "cell_id"])
    .execute();
  await schema
    .createIndex("label_withdrawn")
    .on("label")
    .column("withdraws")
    .where(sql.ref("withdraws"), "is not", null)
    .execute();
}

async function recountLabels(db: Kysely<never>): Promise<void> {
  const concerned = sql`select cell_id from label where queue in ('second', 'disagreements')`;
  await sql`delete from current_label where cell_id in (${concerned})`.execute(db);
  await sql`insert into current_label (cell_id, label_id)
    select cell_id, max(case queue when 'disagreements' then 2 when 'second' then 0 else 1 end * 1000000000000 + id) % 1000000000000
    from label
    where finding <> 'withdrawn' and cell_id in (${concerned})
      and not exists (select 1 from label as later where later.withdraws = label.id)
    group by cell_id`.execute(db);
}
