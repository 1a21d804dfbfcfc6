import type { Insertable, Kysely, Selectable } from "kysely";
import { digestOf, insertRows } from "./bulk-insert.ts";
import type { AttentionMapTable, PredictedOutcome, PredictionTable, Schema, ScoringTable } from "./schema.ts";
import type { Change, Workspace } from "./workspace.ts";

/** One model with one threshold and one set of settings, applied to a study. */
export interface Scoring {
  readonly id: number;
  readonly studyId: number;
  readonly modelSha256: string;
  readonly modelPath: string;
  /** What the model file says of itself (`ModelMetadata`). */
  readonly model: Readonly<Record<string, unknown>>;
  readonly threshold: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly version: string;
  readonly startedAt: string;
}

export type ScoringIdentity = Omit<Scoring, "id" | "startedAt">;

/** A prediction on its way into the workspace. */
export interface NewPrediction {
  readonly cellId: number;
  readonly slideId: number;
  readonly outcome: PredictedOutcome;
  readonly probability: number | null;
  readonly quality: string;
  readonly attentionX: number | null;
  readonly attentionY: number | null;
  readonly attentionPeak: number | null;
  readonly error: string | null;
  readonly attention?: readonly Pick<AttentionMapTable, "name" | "width" | "height" | "data">[];
}

/**
 * The scoring of this identity, made where there is none; the study's first one comes into use. Another model, threshold
 * or setting is another scoring beside it.
 */
export async function ensureScoring(workspace: Workspace, who: string, identity: ScoringIdentity): Promise<Scoring> {
  return await workspace.change(who, async ({ trx, at, record }) => {
    const row = rowOf(identity, at);
    const existing = await trx
      .selectFrom("scoring")
      .selectAll()
      .where("study_id", "=", row.study_id)
      .where("model_sha256", "=", row.model_sha256)
      .where("threshold", "=", row.threshold)
      .where("settings_json", "=", row.settings_json)
      .executeTakeFirst();
    if (existing !== undefined) return asScoring(existing);
    const { id } = await trx.insertInto("scoring").values(row).returning("id").executeTakeFirstOrThrow();
    await record({
      action: "start scoring",
      subject: `scoring ${id}`,
      studyId: row.study_id,
      newValue: { ...row, id },
    });
    const study = await trx.selectFrom("study").selectAll().where("id", "=", row.study_id).executeTakeFirstOrThrow();
    if (study.scoring_id === null) {
      await trx.updateTable("study").set({ scoring_id: id }).where("id", "=", study.id).execute();
      await record({
        action: "select scoring",
        subject: `study ${study.id}`,
        studyId: study.id,
        oldValue: study,
        newValue: { ...study, scoring_id: id },
        reason: "the study's first scoring",
      });
    }
    return asScoring({ ...row, id });
  });
}

/** Scorings of a study, oldest first. */
export async function listScorings(db: Kysely<Schema>, studyId: number): Promise<Scoring[]> {
  const rows = await db.selectFrom("scoring").selectAll().where("study_id", "=", studyId).orderBy("id").execute();
  return rows.map(asScoring);
}

/** The scoring of this number, if the study has it. */
export async function findScoring(db: Kysely<Schema>, id: number): Promise<Scoring | null> {
  const row = await db.selectFrom("scoring").selectAll().where("id", "=", id).executeTakeFirst();
  return row === undefined ? null : asScoring(row);
}

/** Adds predictions, but none for a cell that this scoring has one of already. Returns how many were added. */
export async function recordPredictions(
  change: Change,
  scoring: Pick<Scoring, "id" | "studyId">,
  predictions: readonly NewPrediction[],
): Promise<number> {
  const fresh = await withoutPredicted(change, scoring.id, predictions);
  if (fresh.length === 0) return 0;
  const rows = fresh
    .map((prediction) => predictionRow(scoring.id, prediction))
    .sort((one, other) => one.cell_id - other.cell_id);
  const entry = await change.record({
    action: "score cells",
    subject: `scoring ${scoring.id}`,
    studyId: scoring.studyId,
    newValue: { cells: rows.length },
    digest: digestOf(rows.map(predictionContent)),
  });
  await insertRows(
    change.trx,
    "prediction",
    rows.map((row) => ({ ...row, entry })),
  );
  const maps = fresh.flatMap(({ cellId, attention = [] }) =>
    attention.map((map) => ({ scoring_id: scoring.id, cell_id: cellId, ...map })),
  );
  if (maps.length > 0) await insertRows(change.trx, "attention_map", maps);
  await addToTally(change, scoring.id, fresh);
  return rows.length;
}

/** What the digest of predictions covers. */
export function predictionContent(row: Omit<Insertable<PredictionTable>, "entry">): (string | number | null)[] {
  const { scoring_id, cell_id, outcome, probability, quality, attention_x, attention_y, attention_peak, error } = row;
  return [
    scoring_id,
    cell_id,
    outcome,
    probability ?? null,
    quality,
    attention_x ?? null,
    attention_y ?? null,
    attention_peak ?? null,
    error ?? null,
  ];
}

/** Of a batch, the cells that another process has not scored meanwhile. */
async function withoutPredicted(
  { trx }: Change,
  scoringId: number,
  predictions: readonly NewPrediction[],
): Promise<NewPrediction[]> {
  const first = predictions.reduce((least, { cellId }) => Math.min(least, cellId), Number.POSITIVE_INFINITY);
  const last = predictions.reduce((most, { cellId }) => Math.max(most, cellId), 0);
  const known = await trx
    .selectFrom("prediction")
    .select("cell_id")
    .where("scoring_id", "=", scoringId)
    .where("cell_id", ">=", first)
    .where("cell_id", "<=", last)
    .execute();
  const predicted = new Set(known.map(({ cell_id }) => cell_id));
  return predictions.filter(({ cellId }) => !predicted.has(cellId));
}

async function addToTally({ trx }: Change, scoringId: number, predictions: readonly NewPrediction[]): Promise<void> {
  const counts = new Map<string, { slide_id: number; outcome: PredictedOutcome; cells: number }>();
  for (const { slideId, outcome } of predictions) {
    const key = `${slideId} ${outcome}`;
    const count = counts.get(key) ?? { slide_id: slideId, outcome, cells: 0 };
    count.cells++;
    counts.set(key, count);
  }
  for (const count of counts.values())
    await trx
      .insertInto("prediction_tally")
      .values({ scoring_id: scoringId, ...count })
      .onConflict((conflict) =>
        conflict
          .columns(["scoring_id", "slide_id", "outcome"])
          .doUpdateSet((row) => ({ cells: row("prediction_tally.cells", "+", count.cells) })),
      )
      .execute();
}

function predictionRow(scoringId: number, prediction: NewPrediction): Omit<Insertable<PredictionTable>, "entry"> {
  return {
    scoring_id: scoringId,
    cell_id: prediction.cellId,
    outcome: prediction.outcome,
    probability: prediction.probability,
    quality: prediction.quality,
    attention_x: prediction.attentionX,
    attention_y: prediction.attentionY,
    attention_peak: prediction.attentionPeak,
    error: prediction.error,
  };
}

function rowOf(identity: ScoringIdentity, at: string): Insertable<ScoringTable> {
  return {
    study_id: identity.studyId,
    model_sha256: identity.modelSha256,
    model_path: identity.modelPath,
    model_json: JSON.stringify(identity.model),
    threshold: identity.threshold,
    settings_json: JSON.stringify(identity.settings),
    version: identity.version,
    started_at: at,
  };
}

function asScoring(row: Selectable<ScoringTable> | (Insertable<ScoringTable> & { id: number })): Scoring {
  return {
    id: row.id,
    studyId: row.study_id,
    modelSha256: row.model_sha256,
    modelPath: row.model_path,
    model: JSON.parse(row.model_json),
    threshold: row.threshold,
    settings: JSON.parse(row.settings_json),
    version: row.version,
    startedAt: row.started_at,
  };
}
