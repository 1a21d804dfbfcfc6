import type { Insertable, Kysely, Selectable } from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import { digestOf } from "./bulk-insert.ts";
import { countingLabel, SECOND_READING, standingLabels } from "./counting-label.ts";
import { nextId } from "./import-cells.ts";
import type { Finding, LabelTable, Schema } from "./schema.ts";
import type { Change, Workspace } from "./workspace.ts";

/** What a person says of a cell. */
export interface LabelRequest {
  readonly cellId: number;
  readonly finding: Exclude<Finding, "withdrawn">;
  /** For `mn`: how many, at least 1; null where they were not counted. 0 for `normal`; null for the others. */
  readonly micronuclei: number | null;
  /** Needed for `unscorable`. */
  readonly reason?: string | null;
  readonly queue?: string | null;
  /** Given without knowledge of others' labels: beside one of these it is a second reading, whatever the queue. */
  readonly blinded?: boolean;
  /** The same request under the same key writes nothing the second time. */
  readonly key?: string;
}

export type Label = Selectable<LabelTable>;

/**
 * Writes down what a reader says of a cell. It is on the disk when this resolves; see `countingLabel` for what counts then.
 * Throws LABEL_INVALID, LABEL_KEY_TAKEN, CELL_MISSING, CELL_IS_DUPLICATE.
 */
export async function labelCell(workspace: Workspace, reader: string, request: LabelRequest): Promise<Label> {
  return await workspace.change(reader, (change) => addLabel(change, request));
}

/** Like `labelCell`, for many cells in one transaction: all of them or none. */
export async function labelCells(
  workspace: Workspace,
  reader: string,
  requests: readonly LabelRequest[],
): Promise<Label[]> {
  return await workspace.change(reader, async (change) => {
    const labels: Label[] = [];
    for (const request of requests) labels.push(await addLabel(change, request));
    return labels;
  });
}

/**
 * Takes back the reader's latest label of a cell, in a new row: what counted before it counts again. Under a key that
 * was used already it does nothing. Throws LABEL_NOTHING_TO_UNDO, LABEL_KEY_TAKEN.
 */
export async function undoLabel(workspace: Workspace, reader: string, cellId: number, key?: string): Promise<Label> {
  return await workspace.change(reader, async (change) => {
    const known = await labelUnderKey(change, cellId, key);
    if (known !== null) return known;
    const standing = standingLabels(await labelsOfCell(change.trx, cellId));
    const last = standing.findLast((label) => label.reader === reader);
    if (last === undefined)
      throw new MicronucleiError(
        "LABEL_NOTHING_TO_UNDO",
        `${reader} has no label on cell ${cellId} that could be taken back. Only own labels can be.`,
      );
    return await insertLabel(
      change,
      {
        cell_id: cellId,
        finding: "withdrawn",
        micronuclei: null,
        reason: null,
        queue: last.queue,
        withdraws: last.id,
      },
      key,
    );
  });
}

/** All labels of a cell, oldest first, withdrawn ones and withdrawals included. */
export async function labelsOfCell(db: Kysely<Schema>, cellId: number): Promise<Label[]> {
  return await db.selectFrom("label").selectAll().where("cell_id", "=", cellId).orderBy("id").execute();
}

/** What the digest of a label covers. */
export function labelContent(label: Omit<Insertable<LabelTable>, "entry">): (string | number | null)[] {
  const { id, cell_id, reader, finding, micronuclei, reason, queue, withdraws, at } = label;
  return [id, cell_id, reader, finding, micronuclei ?? null, reason ?? null, queue ?? null, withdraws ?? null, at];
}

async function addLabel(change: Change, request: LabelRequest): Promise<Label> {
  const { cellId, finding, micronuclei, reason = null, queue = null, blinded = false, key } = request;
  const known = await labelUnderKey(change, cellId, key);
  if (known !== null) return known;
  requireValid(request);
  await requireCell(change, cellId);
  const isSecond = blinded && (await isLabelledByOthers(change, cellId));
  return await insertLabel(
    change,
    { cell_id: cellId, finding, micronuclei, reason, queue: isSecond ? SECOND_READING : queue, withdraws: null },
    key,
  );
}

/** What a request of this key has written before; null where it is new. */
async function labelUnderKey({ trx, who }: Change, cellId: number, key: string | undefined): Promise<Label | null> {
  if (key === undefined) return null;
  const label = await trx
    .selectFrom("label_key")
    .innerJoin("label", "label.id", "label_key.label_id")
    .selectAll("label")
    .where("label_key.key", "=", key)
    .executeTakeFirst();
  if (label === undefined) return null;
  if (label.reader === who && label.cell_id === cellId) return label;
  throw new MicronucleiError(
    "LABEL_KEY_TAKEN",
    `The key ${key} of this decision belongs to another one, of ${label.reader} on cell ${label.cell_id}. Make a new key for each decision.`,
  );
}

async function isLabelledByOthers({ trx, who }: Change, cellId: number): Promise<boolean> {
  return standingLabels(await labelsOfCell(trx, cellId)).some(({ reader }) => reader !== who);
}

async function insertLabel(
  change: Change,
  content: Omit<Insertable<LabelTable>, "id" | "reader" | "at" | "entry">,
  key: string | undefined,
): Promise<Label> {
  const { trx, who, at } = change;
  const old = await currentLabel(trx, content.cell_id);
  const cell = await trx
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .select("slide.study_id")
    .where("cell.id", "=", content.cell_id)
    .executeTakeFirstOrThrow();
  const row = { id: await nextId(change, "label"), ...content, reader: who, at } as Omit<Label, "entry">;
  const entry = await change.record({
    action: content.withdraws === null ? "label cell" : "undo label",
    subject: `cell ${content.cell_id}`,
    studyId: cell.study_id,
    oldValue: old,
    newValue: row,
    reason: row.reason,
    digest: digestOf([labelContent(row)]),
  });
  await trx
    .insertInto("label")
    .values({ ...row, entry })
    .execute();
  if (key !== undefined) await trx.insertInto("label_key").values({ key, label_id: row.id }).execute();
  await settleCurrent(change, content.cell_id);
  return { ...row, entry };
}

async function settleCurrent({ trx }: Change, cellId: number): Promise<void> {
  const counting = countingLabel(standingLabels(await labelsOfCell(trx, cellId)));
  await trx.deleteFrom("current_label").where("cell_id", "=", cellId).execute();
  if (counting !== null)
    await trx.insertInto("current_label").values({ cell_id: cellId, label_id: counting.id }).execute();
}

async function currentLabel(db: Kysely<Schema>, cellId: number): Promise<Label | undefined> {
  return await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .selectAll("label")
    .where("current_label.cell_id", "=", cellId)
    .executeTakeFirst();
}

async function requireCell({ trx }: Change, cellId: number): Promise<void> {
  const cell = await trx.selectFrom("cell").select("duplicate_of").where("id", "=", cellId).executeTakeFirst();
  if (cell === undefined)
    throw new MicronucleiError(
      "CELL_MISSING",
      `There is no cell ${cellId} in this workspace. Look it up in "mn workspace export".`,
    );
  if (cell.duplicate_of === null) return;
  throw new MicronucleiError(
    "CELL_IS_DUPLICATE",
    `Cell ${cellId} shows the same picture as cell ${cell.duplicate_of}: label that one, it is the one that counts.`,
  );
}

const MOST_MICRONUCLEI = 99;

function requireValid({ finding, micronuclei, reason }: LabelRequest): void {
  const problem = problemOf(finding, micronuclei, reason ?? "");
  if (problem !== null) throw new MicronucleiError("LABEL_INVALID", `A label "${finding}" ${problem}.`);
}

function problemOf(finding: LabelRequest["finding"], micronuclei: number | null, reason: string): string | null {
  if (finding === "unscorable" && reason.trim() === "") return "needs a reason, such as debris or overlap";
  if (finding === "normal") return micronuclei === 0 ? null : `means 0 micronuclei, got ${micronuclei}`;
  if (finding === "mn") {
    const counted = micronuclei !== null;
    const inRange = counted && Number.isInteger(micronuclei) && micronuclei >= 1 && micronuclei <= MOST_MICRONUCLEI;
    return !counted || inRange ? null : `means 1 to ${MOST_MICRONUCLEI} micronuclei, got ${micronuclei}`;
  }
  return micronuclei === null ? null : "has no count of micronuclei";
}
