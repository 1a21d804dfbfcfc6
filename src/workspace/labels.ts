import type { Insertable, Kysely, Selectable } from "kysely";
import { MicronucleiError } from "../core/errors.ts";
import { digestOf } from "./bulk-insert.ts";
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
}

export type Label = Selectable<LabelTable>;

/**
 * Writes down what a reader says of a cell. It is on the disk when this resolves, and counts until a later label of
 * whomever replaces it. Throws LABEL_INVALID, CELL_MISSING, CELL_IS_DUPLICATE.
 */
export async function labelCell(workspace: Workspace, reader: string, request: LabelRequest): Promise<Label> {
  return await workspace.change(reader, (change) => addLabel(change, request));
}

/** Like `labelCell`, for many cells in one transaction. */
export async function labelCells(
  workspace: Workspace,
  reader: string,
  requests: readonly LabelRequest[],
): Promise<void> {
  await workspace.change(reader, async (change) => {
    for (const request of requests) await addLabel(change, request);
  });
}

/**
 * Takes back the reader's latest label of a cell, in a new row: what counted before it counts again. Throws
 * LABEL_NOTHING_TO_UNDO.
 */
export async function undoLabel(workspace: Workspace, reader: string, cellId: number): Promise<Label> {
  return await workspace.change(reader, async (change) => {
    const standing = await standingLabels(change.trx, cellId);
    const last = standing.findLast((label) => label.reader === reader);
    if (last === undefined)
      throw new MicronucleiError(
        "LABEL_NOTHING_TO_UNDO",
        `${reader} has no label on cell ${cellId} that could be taken back. Only own labels can be.`,
      );
    const before = standing.filter(({ id }) => id !== last.id).at(-1) ?? null;
    const row = await insertLabel(change, {
      cell_id: cellId,
      finding: "withdrawn",
      micronuclei: null,
      reason: null,
      queue: last.queue,
      withdraws: last.id,
    });
    await setCurrent(change, cellId, before?.id ?? null);
    return row;
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
  requireValid(request);
  await requireCell(change, request.cellId);
  const row = await insertLabel(change, {
    cell_id: request.cellId,
    finding: request.finding,
    micronuclei: request.micronuclei,
    reason: request.reason ?? null,
    queue: request.queue ?? null,
    withdraws: null,
  });
  await setCurrent(change, request.cellId, row.id);
  return row;
}

async function insertLabel(
  change: Change,
  content: Omit<Insertable<LabelTable>, "id" | "reader" | "at" | "entry">,
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
  return { ...row, entry };
}

async function setCurrent({ trx }: Change, cellId: number, labelId: number | null): Promise<void> {
  await trx.deleteFrom("current_label").where("cell_id", "=", cellId).execute();
  if (labelId !== null) await trx.insertInto("current_label").values({ cell_id: cellId, label_id: labelId }).execute();
}

async function currentLabel(db: Kysely<Schema>, cellId: number): Promise<Label | undefined> {
  return await db
    .selectFrom("current_label")
    .innerJoin("label", "label.id", "current_label.label_id")
    .selectAll("label")
    .where("current_label.cell_id", "=", cellId)
    .executeTakeFirst();
}

/** Labels of a cell that were not taken back, oldest first: the last one counts. */
async function standingLabels(db: Kysely<Schema>, cellId: number): Promise<Label[]> {
  const labels = await labelsOfCell(db, cellId);
  const withdrawn = new Set(labels.map(({ withdraws }) => withdraws));
  return labels.filter(({ id, finding }) => finding !== "withdrawn" && !withdrawn.has(id));
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
