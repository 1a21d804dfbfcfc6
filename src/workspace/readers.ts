import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import type { Workspace } from "./workspace.ts";

/** Names of a study's readers who see no prediction, no label of others and no name of a sample. */
export async function blindedReaders(db: Kysely<Schema>, studyId: number): Promise<Set<string>> {
  const rows = await db
    .selectFrom("reader")
    .select("name")
    .where("study_id", "=", studyId)
    .where("blinded", "=", 1)
    .execute();
  return new Set(rows.map(({ name }) => name));
}

/** Whether a reader reads a study blinded. Nobody does who was not told to. */
export async function isBlinded(db: Kysely<Schema>, studyId: number, name: string): Promise<boolean> {
  return (await blindedReaders(db, studyId)).has(name);
}

/** Blinds a reader for a study, or ends it; the audit trail has both. Nothing happens where it is so already. */
export async function setBlinded(
  workspace: Workspace,
  who: string,
  request: { readonly studyId: number; readonly name: string; readonly blinded: boolean },
): Promise<void> {
  const { studyId, name } = request;
  const blinded = request.blinded ? 1 : 0;
  await workspace.change(who, async ({ trx, record }) => {
    const old = await trx
      .selectFrom("reader")
      .selectAll()
      .where("study_id", "=", studyId)
      .where("name", "=", name)
      .executeTakeFirst();
    if ((old?.blinded ?? 0) === blinded) return;
    const row = { study_id: studyId, name, blinded };
    const { id } = old ?? (await trx.insertInto("reader").values(row).returning("id").executeTakeFirstOrThrow());
    await trx.updateTable("reader").set({ blinded }).where("id", "=", id).execute();
    await record({
      action: request.blinded ? "blind reader" : "unblind reader",
      subject: `reader ${id}`,
      studyId,
      oldValue: old,
      newValue: { ...row, id },
    });
  });
}
