import type { Kysely } from "kysely";
import { valueOnly } from "./query-order.ts";
import type { PredictedOutcome, Schema } from "./schema.ts";
import type { Study } from "./study.ts";

/** How far the work on some cells is, under the scoring in use. */
export interface ReviewProgress {
  /** Imported, duplicates included. */
  readonly cells: number;
  readonly duplicates: number;
  /** With a prediction, whatever it says. */
  readonly scored: number;
  readonly unreadable: number;
  readonly flagged: number;
  readonly calledPositive: number;
  /** With a person's label. */
  readonly reviewed: number;
  readonly positiveReviewed: number;
}

export const NO_PROGRESS: ReviewProgress = {
  cells: 0,
  duplicates: 0,
  scored: 0,
  unreadable: 0,
  flagged: 0,
  calledPositive: 0,
  reviewed: 0,
  positiveReviewed: 0,
};

/** Progress of every slide of a study by the slide's number. Reads counters and labels, not cells. */
export async function slideProgress(
  db: Kysely<Schema>,
  study: Pick<Study, "id" | "scoringId">,
): Promise<Map<number, ReviewProgress>> {
  const slides = await db
    .selectFrom("slide")
    .select(["id", "cells", "duplicates"])
    .where("study_id", "=", study.id)
    .execute();
  const tally = await db
    .selectFrom("prediction_tally")
    .select(["slide_id", "outcome", "cells"])
    .where("scoring_id", "=", study.scoringId ?? 0)
    .execute();
  const labelled = await labelledBySlide(db, study);
  const progress = new Map(slides.map(({ id, ...counts }) => [id, { ...NO_PROGRESS, ...counts }]));
  const add = (slide: number, counts: Partial<ReviewProgress>): void => {
    progress.set(slide, sumProgress([progress.get(slide) ?? NO_PROGRESS, { ...NO_PROGRESS, ...counts }]));
  };
  for (const { slide_id, outcome, cells } of tally) add(slide_id, scoredAs(outcome, cells));
  for (const { slide_id, outcome, cells } of labelled)
    add(slide_id, { reviewed: cells, positiveReviewed: outcome === "positive" ? cells : 0 });
  return progress;
}

export function sumProgress(parts: readonly ReviewProgress[]): ReviewProgress {
  const names = Object.keys(NO_PROGRESS) as (keyof ReviewProgress)[];
  const total = (name: keyof ReviewProgress): number => parts.reduce((sum, part) => sum + part[name], 0);
  return Object.fromEntries(names.map((name) => [name, total(name)])) as unknown as ReviewProgress;
}

function scoredAs(outcome: PredictedOutcome, cells: number): Partial<ReviewProgress> {
  return {
    scored: cells,
    unreadable: outcome === "unreadable" ? cells : 0,
    flagged: outcome === "flagged" ? cells : 0,
    calledPositive: outcome === "positive" ? cells : 0,
  };
}

async function labelledBySlide(db: Kysely<Schema>, { id, scoringId }: Pick<Study, "id" | "scoringId">) {
  const rows = await db
    .selectFrom("current_label")
    .innerJoin("cell", (join) => join.on("cell.id", "=", valueOnly("current_label.cell_id")))
    .innerJoin("slide", "slide.id", "cell.slide_id")
    .leftJoin("prediction", (join) =>
      join.onRef("prediction.cell_id", "=", "cell.id").on("prediction.scoring_id", "=", scoringId ?? 0),
    )
    .select(["cell.slide_id", "prediction.outcome"])
    .select(({ fn }) => fn.countAll().as("cells"))
    .where("slide.study_id", "=", id)
    .groupBy(["cell.slide_id", "prediction.outcome"])
    .execute();
  return rows.map(({ cells, ...row }) => ({ ...row, cells: Number(cells) }));
}
