import { join } from "node:path";
import type { Kysely } from "kysely";
import { sha256OfFile } from "../core/files.ts";
import { ignoreProgress, type ReportProgress } from "../core/progress.ts";
import type { ModelFile } from "../scoring/model.ts";
import { type CellImage, type ScoredCell, type ScoringOptions, scoreCells } from "../scoring/score-cells.ts";
import { errorColumns, scoreColumns } from "../scoring/score-row.ts";
import type { PredictedOutcome, Schema } from "./schema.ts";
import { type NewPrediction, recordPredictions, type Scoring } from "./scorings.ts";
import type { Workspace } from "./workspace.ts";

export interface StudyScoringRequest {
  readonly scoring: Scoring;
  /** The bytes of the model that the scoring names, and its classes: negative, positive. */
  readonly model: {
    readonly bytes: Uint8Array;
    readonly metadata: Pick<ModelFile["metadata"], "classes" | "unfamiliarity">;
  };
  readonly options: ScoringOptions;
  readonly reportProgress?: ReportProgress;
  /** Aborted: stop after the cells under way, with everything saved. */
  readonly signal?: AbortSignal;
}

export interface StudyScoringOutcome {
  readonly finished: boolean;
  /** Cells scored now; those of earlier runs are not scored again. */
  readonly scored: number;
  readonly unreadable: number;
}

interface PendingCell {
  readonly id: number;
  readonly slideId: number;
  readonly path: string;
  readonly sha256: string | null;
}

/** Cells that are looked up at once, and predictions of one transaction: what a crash can cost. */
const PENDING_AT_ONCE = 500;
const PREDICTIONS_AT_ONCE = 64;

/**
 * Scores every cell of a study that its scoring has no prediction of. Broken off at any moment, it goes on where it
 * stopped; several processes may share the work. A cell whose picture is not the one that was imported is not scored.
 */
export async function scoreStudy(
  workspace: Workspace,
  who: string,
  { scoring, model, options, reportProgress = ignoreProgress, signal }: StudyScoringRequest,
): Promise<StudyScoringOutcome> {
  const total = await countPending(workspace.db, scoring);
  let [scored, unreadable] = [0, 0];
  let waiting: NewPrediction[] = [];
  const changed: NewPrediction[] = [];
  const flush = async () => {
    const predictions = [...waiting, ...changed.splice(0)];
    waiting = [];
    if (predictions.length === 0) return;
    scored += await workspace.change(who, (change) => recordPredictions(change, scoring, predictions));
    unreadable += predictions.filter(({ outcome }) => outcome === "unreadable").length;
    reportProgress({ stage: "Scoring", done: Math.min(scored, total), total, detail: `${unreadable} unreadable` });
  };
  const images = imagesOf(workspace.db, scoring, (cell) => changed.push(cell));
  for await (const cell of scoreCells(model, images, options)) {
    waiting.push(predictionOf(cell, model.metadata.classes, scoring.threshold));
    if (waiting.length >= PREDICTIONS_AT_ONCE) await flush();
    if (signal?.aborted === true) break;
  }
  await flush();
  return { finished: signal?.aborted !== true, scored, unreadable };
}

/** Cells that a scoring has no prediction of, as far as they count: duplicates do not. */
export async function countPending(
  db: Kysely<Schema>,
  { id, studyId }: Pick<Scoring, "id" | "studyId">,
): Promise<number> {
  const slides = await db
    .selectFrom("slide")
    .select(({ fn }) => [fn.sum("cells").as("cells"), fn.sum("duplicates").as("duplicates")])
    .where("study_id", "=", studyId)
    .executeTakeFirstOrThrow();
  const done = await db
    .selectFrom("prediction_tally")
    .select(({ fn }) => fn.sum("cells").as("cells"))
    .where("scoring_id", "=", id)
    .executeTakeFirstOrThrow();
  return Number(slides.cells ?? 0) - Number(slides.duplicates ?? 0) - Number(done.cells ?? 0);
}

async function* imagesOf(
  db: Kysely<Schema>,
  scoring: Scoring,
  reportChanged: (cell: NewPrediction) => void,
): AsyncGenerator<CellImage<PendingCell>> {
  for (let after = 0; ; ) {
    const cells = await pendingCells(db, scoring, after);
    for (const cell of cells) {
      const found = await sha256OfFile(cell.path).catch(() => null);
      if (cell.sha256 === null || found === null || found === cell.sha256) yield { path: cell.path, source: cell };
      else reportChanged(changedCell(cell));
    }
    const last = cells.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

async function pendingCells(db: Kysely<Schema>, scoring: Scoring, after: number): Promise<PendingCell[]> {
  const rows = await db
    .selectFrom("cell")
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .innerJoin("source", "source.id", "cell.source_id")
    .leftJoin("prediction", (join) =>
      join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", scoring.id),
    )
    .select(["cell.id", "cell.slide_id", "cell.file", "cell.sha256", "source.base"])
    .where("slide.study_id", "=", scoring.studyId)
    .where("cell.duplicate_of", "is", null)
    .where("prediction.cell_id", "is", null)
    .where("cell.id", ">", after)
    .orderBy("cell.id")
    .limit(PENDING_AT_ONCE)
    .execute();
  return rows.map(({ id, slide_id, file, sha256, base }) => ({
    id,
    slideId: slide_id,
    path: join(base, file),
    sha256,
  }));
}

function changedCell({ id, slideId, path }: PendingCell): NewPrediction {
  const message = `CELL_CHANGED: ${path} is not the picture that was imported. Put the original back, or import this one as another slide.`;
  return { ...NO_SCORE, cellId: id, slideId, error: message };
}

const NO_SCORE = {
  outcome: "unreadable",
  probability: null,
  quality: "unreadable",
  attentionX: null,
  attentionY: null,
  attentionPeak: null,
} as const;

function predictionOf(cell: ScoredCell<PendingCell>, classes: [string, string], threshold: number): NewPrediction {
  const { id, slideId } = cell.source;
  if ("error" in cell) return { ...NO_SCORE, cellId: id, slideId, error: errorColumns(cell.error).error };
  const columns = scoreColumns(cell.score, { classes, threshold });
  const outcome = outcomeOf({ ...columns, positive: columns.prediction === classes[1] });
  const { probability, attention_x, attention_y, attention_peak, quality } = columns;
  return {
    cellId: id,
    slideId,
    outcome,
    quality,
    probability: numberOrNull(probability),
    attentionX: numberOrNull(attention_x),
    attentionY: numberOrNull(attention_y),
    attentionPeak: numberOrNull(attention_peak),
    error: null,
    attention:
      outcome === "positive"
        ? Object.entries(cell.score.attention).map(([name, map]) => ({ name, ...quantised(map) }))
        : [],
  };
}

/** What a prediction means for the counts: an image that is not in order is not counted unseen. */
export function outcomeOf(prediction: {
  readonly positive: boolean;
  readonly quality: string;
  readonly error: string;
}): PredictedOutcome {
  if (prediction.error !== "" || prediction.quality === "unreadable") return "unreadable";
  if (prediction.quality !== "ok") return "flagged";
  return prediction.positive ? "positive" : "negative";
}

function quantised({ width, height, data }: { width: number; height: number; data: Float32Array }) {
  return { width, height, data: Uint8Array.from(data, (value) => Math.round(255 * value)) };
}

function numberOrNull(value: number | ""): number | null {
  return value === "" ? null : value;
}
