import type { FastifyRequest } from "fastify";
import { type PicturedCell, picturedCell } from "./cell-picture.ts";
import type { ReviewContext } from "./context.ts";
import type { ModelSource } from "./explainer.ts";
import { openStudy, type StudyAccess } from "./review-access.ts";
import { modelOfScoring } from "./scoring-model.ts";

/** A cell that somebody wants explained. */
export interface AskedCell extends StudyAccess {
  readonly cell: PicturedCell;
  /** The one whose predictions count; the one in use where there are none. */
  readonly model: ModelSource;
  /** From it on a cell is called positive. */
  readonly threshold: number;
}

/** Throws CELL_MISSING, MODEL_MISSING. */
export async function askAbout(context: ReviewContext, request: FastifyRequest, id: number): Promise<AskedCell> {
  const cell = await picturedCell(context.workspace, id);
  const access = await openStudy(context, request, cell.studyId);
  const { scoring } = access;
  if (scoring !== null)
    return { ...access, cell, model: await modelOfScoring(context, scoring), threshold: scoring.threshold };
  const current = await context.models.current();
  return { ...access, cell, model: current, threshold: current.metadata.operating_point.threshold };
}

/** Names what a map is computed with: the model, and the threshold, which decides what occlusion looks for. */
export function mapVersion({ model, threshold }: AskedCell): string {
  return `${model.id.slice(0, 16)}-${threshold}`;
}
