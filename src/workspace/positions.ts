import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** A queue of a study as one reader goes through it; `sampleId` null for the one over all samples. */
export interface ReaderQueue {
  readonly reader: string;
  readonly studyId: number;
  readonly sampleId: number | null;
}

const ALL_SAMPLES = 0;

/** Writes down at which cell of a queue a reader is. No part of the audit trail: it decides nothing. */
export async function savePosition(
  db: Kysely<Schema>,
  { reader, studyId, sampleId, queue, cellId }: ReaderQueue & { readonly queue: string; readonly cellId: number },
): Promise<void> {
  await db
    .insertInto("review_position")
    .values({ reader, study_id: studyId, queue, sample_id: sampleId ?? ALL_SAMPLES, cell_id: cellId })
    .onConflict((conflict) =>
      conflict.columns(["reader", "study_id", "queue", "sample_id"]).doUpdateSet({ cell_id: cellId }),
    )
    .execute();
}

/** The cell at which a reader stopped, for each queue that was begun. */
export async function readPositions(
  db: Kysely<Schema>,
  { reader, studyId, sampleId }: ReaderQueue,
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("review_position")
    .select(["queue", "cell_id"])
    .where("reader", "=", reader)
    .where("study_id", "=", studyId)
    .where("sample_id", "=", sampleId ?? ALL_SAMPLES)
    .execute();
  return new Map(rows.map(({ queue, cell_id }) => [queue, cell_id]));
}
