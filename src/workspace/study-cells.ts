import { join } from "node:path";
import { type Kysely, sql } from "kysely";
import type { Finding, PredictedOutcome, Schema } from "./schema.ts";
import type { Study } from "./study.ts";

type StudyKey = Pick<Study, "id" | "scoringId">;

/** A cell for looking at: what it is, where its picture is, and what model and person say of it. */
export interface ShownCell {
  readonly id: number;
  readonly sample: string;
  readonly code: string;
  readonly slide: string;
  readonly file: string;
  readonly originalId: string | null;
  readonly path: string;
  readonly sha256: string | null;
  readonly probability: number | null;
  readonly attention: readonly {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly data: Uint8Array;
  }[];
  /** The label that counts. */
  readonly label: { readonly reader: string; readonly finding: Finding; readonly micronuclei: number | null } | null;
}

/** Cells that the scoring in use called positive, the surest first, at most `perSample` of a sample and `most` in all. */
export async function calledPositive(
  db: Kysely<Schema>,
  study: StudyKey,
  { perSample, most }: { readonly perSample: number; readonly most: number },
): Promise<ShownCell[]> {
  if (study.scoringId === null) return [];
  const ranked = db
    .selectFrom("prediction")
    .innerJoin("cell", "cell.id", "prediction.cell_id")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .select(["prediction.cell_id", "prediction.probability", "slide.sample_id"])
    .select(
      sql<number>`row_number() over (partition by slide.sample_id order by prediction.probability desc, prediction.cell_id)`.as(
        "rank",
      ),
    )
    .where("prediction.scoring_id", "=", study.scoringId)
    .where("prediction.outcome", "=", "positive")
    .where("slide.study_id", "=", study.id)
    .where("sample.excluded", "is", null);
  const chosen = await db
    .selectFrom(ranked.as("ranked"))
    .select(["ranked.cell_id", "ranked.probability"])
    .where("ranked.rank", "<=", perSample)
    .orderBy("ranked.rank")
    .orderBy("ranked.sample_id")
    .limit(most)
    .execute();
  const shown = await Promise.all(chosen.map(({ cell_id }) => showCell(db, cell_id, study.scoringId)));
  return shown.sort((one, other) => one.id - other.id);
}

/** One cell with everything that is known of it under a scoring. */
export async function showCell(db: Kysely<Schema>, cellId: number, scoringId: number | null): Promise<ShownCell> {
  const cell = await db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .innerJoin("source", "source.id", "cell.source_id")
    .leftJoin("prediction", (join) =>
      join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", scoringId ?? 0),
    )
    .leftJoin("current_label", "current_label.cell_id", "cell.id")
    .leftJoin("label", "label.id", "current_label.label_id")
    .select(["cell.id", "cell.file", "cell.original_id", "cell.sha256", "source.base", "slide.name as slide"])
    .select(["sample.name as sample", "sample.code", "prediction.probability"])
    .select(["label.reader", "label.finding", "label.micronuclei"])
    .where("cell.id", "=", cellId)
    .executeTakeFirstOrThrow();
  const attention = await db
    .selectFrom("attention_map")
    .select(["name", "width", "height", "data"])
    .where("scoring_id", "=", scoringId ?? 0)
    .where("cell_id", "=", cellId)
    .orderBy("name")
    .execute();
  const { original_id, base, reader, finding, micronuclei, ...same } = cell;
  const label = reader === null || finding === null ? null : { reader, finding, micronuclei };
  return { ...same, originalId: original_id, path: join(base, cell.file), attention, label };
}

/** A cell that does not count, and why. */
export interface Deviation {
  readonly sample: string;
  readonly slide: string;
  readonly file: string;
  readonly kind: "duplicate" | "unreadable" | "flagged" | "unscorable";
  readonly reason: string;
}

/** Cells that do not count, at most `most` of each kind, in the order of their import. A person's finding goes before a flag. */
export async function listDeviations(db: Kysely<Schema>, study: StudyKey, most: number): Promise<Deviation[]> {
  const cells = db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("sample", "sample.id", "slide.sample_id")
    .leftJoin("current_label", "current_label.cell_id", "cell.id")
    .select(["sample.name as sample", "slide.name as slide", "cell.file"])
    .where("slide.study_id", "=", study.id)
    .orderBy("cell.id")
    .limit(most);
  const duplicates = await cells.select("cell.duplicate_of").where("cell.duplicate_of", "is not", null).execute();
  const failed = await cells
    .innerJoin("prediction", "prediction.cell_id", "cell.id")
    .select(["prediction.outcome", "prediction.quality", "prediction.error"])
    .where("prediction.scoring_id", "=", study.scoringId ?? 0)
    .where("prediction.outcome", "in", ["unreadable", "flagged"])
    .where("current_label.cell_id", "is", null)
    .execute();
  const unscorable = await cells
    .innerJoin("label", "label.id", "current_label.label_id")
    .select(["label.reader", "label.reason"])
    .where("label.finding", "=", "unscorable")
    .execute();
  return [
    ...duplicates.map(({ duplicate_of, ...cell }) => ({
      ...cell,
      kind: "duplicate" as const,
      reason: `same picture as cell ${duplicate_of}`,
    })),
    ...failed.map(({ outcome, quality, error, ...cell }) => ({
      ...cell,
      kind: outcome as "unreadable" | "flagged",
      reason: error ?? `image quality: ${quality}`,
    })),
    ...unscorable.map(({ reader, reason, ...cell }) => ({
      ...cell,
      kind: "unscorable" as const,
      reason: `${reason} (${reader})`,
    })),
  ];
}

/** Cells by probability, in `bins` equal steps from 0 to 1, of the scoring in use. */
export async function probabilityHistogram(
  db: Kysely<Schema>,
  study: StudyKey,
  bins: number,
): Promise<{ readonly outcome: PredictedOutcome; readonly bin: number; readonly cells: number }[]> {
  if (study.scoringId === null) return [];
  const bin = sql<number>`floor(probability * ${sql.lit(bins)})`;
  const rows = await db
    .selectFrom("prediction")
    .select(["outcome", bin.as("bin")])
    .select(({ fn }) => fn.countAll().as("cells"))
    .where("scoring_id", "=", study.scoringId)
    .where("outcome", "in", ["positive", "negative"])
    .groupBy(["outcome", bin])
    .execute();
  return rows.map(({ outcome, bin: at, cells }) => ({
    outcome,
    bin: Math.min(bins - 1, Number(at)),
    cells: Number(cells),
  }));
}
