import type { Kysely } from "kysely";
import { standingLabels } from "./counting-label.ts";
import type { Label } from "./labels.ts";
import { valueOnly } from "./query-order.ts";
import type { PredictedOutcome, Schema } from "./schema.ts";
import type { Study } from "./study.ts";

/** A cell in a list: what it is, what the scoring in use and what persons say of it. */
export interface ListedCell {
  readonly id: number;
  readonly sample: { readonly id: number; readonly name: string; readonly code: string };
  readonly slide: { readonly id: number; readonly name: string };
  readonly file: string;
  readonly originalId: string | null;
  /** Null where it was not scored. */
  readonly prediction: {
    readonly outcome: PredictedOutcome;
    readonly probability: number | null;
    readonly quality: string;
    readonly error: string | null;
  } | null;
  /** Labels that stand, oldest first. */
  readonly labels: readonly Label[];
}

/**
 * Cells by their numbers, in the order asked for; numbers that the study does not have are left out. Two queries, so that
 * a page of a list costs the same in a study of a million cells.
 */
export async function listCells(
  db: Kysely<Schema>,
  study: Pick<Study, "id" | "scoringId">,
  ids: readonly number[],
): Promise<ListedCell[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .leftJoin("prediction", (join) =>
      join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", study.scoringId ?? 0),
    )
    .select(["cell.id", "cell.file", "cell.original_id", "cell.slide_id", "slide.name as slide_name"])
    .select(["slide.sample_id", "sample.name as sample_name", "sample.code"])
    .select(["prediction.outcome", "prediction.probability", "prediction.quality", "prediction.error"])
    .where("cell.id", "in", ids)
    .where(valueOnly("slide.study_id"), "=", study.id)
    .execute();
  const labels = await labelsByCell(db, ids);
  const cells = new Map(
    rows.map((row): [number, ListedCell] => [
      row.id,
      {
        id: row.id,
        sample: { id: row.sample_id, name: row.sample_name, code: row.code },
        slide: { id: row.slide_id, name: row.slide_name },
        file: row.file,
        originalId: row.original_id,
        prediction:
          row.outcome === null
            ? null
            : { outcome: row.outcome, probability: row.probability, quality: row.quality ?? "", error: row.error },
        labels: standingLabels(labels.get(row.id) ?? []),
      },
    ]),
  );
  return ids.flatMap((id) => cells.get(id) ?? []);
}

/** Number of the study that a cell belongs to; null where there is no such cell. */
export async function studyOfCell(db: Kysely<Schema>, cellId: number): Promise<number | null> {
  const row = await db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .select("slide.study_id")
    .where("cell.id", "=", cellId)
    .executeTakeFirst();
  return row?.study_id ?? null;
}

async function labelsByCell(db: Kysely<Schema>, ids: readonly number[]): Promise<Map<number, Label[]>> {
  const rows = await db.selectFrom("label").selectAll().where("cell_id", "in", ids).orderBy("id").execute();
  return Map.groupBy(rows, ({ cell_id }) => cell_id);
}
