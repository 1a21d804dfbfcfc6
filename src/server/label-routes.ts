import { UsageError } from "../core/errors.ts";
import type { ReviewQueues } from "../review/queues.ts";
import { RANDOM_QUEUES } from "../workspace/call-audit.ts";
import { ADJUDICATION } from "../workspace/counting-label.ts";
import { type Label, labelCells, undoLabel } from "../workspace/labels.ts";
import { type ListedCell, listCells } from "../workspace/listed-cells.ts";
import { labelled, type NewLabel, newLabels, undo } from "./api/cells.ts";
import { cellAnswer, requireSight } from "./blinding.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { cellMissing, scopeOf } from "./queue-routes.ts";
import { openStudy, type StudyAccess, studyParams } from "./review-access.ts";
import { readerOf, requireRole } from "./security.ts";

/**
 * Decisions on cells and what takes them back. They are on the disk when the answer is sent; sent again under the same key,
 * because the answer did not arrive, they are not written again.
 */
export async function labelRoutes(app: ReviewApp, context: ReviewContext, queues: ReviewQueues): Promise<void> {
  const { workspace, feed } = context;

  /** What counts of the cells now, for who asked; the other windows are told. */
  const answer = async ({ study, viewer }: StudyAccess, cellIds: readonly number[], labels: readonly Label[]) => {
    const cells = await listCells(workspace.db, study, [...new Set(cellIds)]);
    await feed.publishLabels({
      studyId: study.id,
      by: viewer.reader,
      entries: labels.map(({ entry }) => entry),
      cellsFor: (reader) => cells.map((cell) => cellAnswer(cell, { reader, blinded: false })),
    });
    return { cells: cells.map((cell) => cellAnswer(cell, viewer)) };
  };

  app.post(
    "/studies/:id/labels",
    { schema: { params: studyParams, body: newLabels, response: { 200: labelled } } },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      const { labels } = request.body;
      const ids = labels.map(({ cellId }) => cellId);
      requireAll(ids, await listCells(workspace.db, access.study, ids));
      if (labels.some(({ queue }) => queue === ADJUDICATION)) {
        requireRole(request, "reviewer");
        requireSight(access.viewer);
      }
      await requireDrawn(queues, access, labels);
      const { blinded } = access.viewer;
      const written = await labelCells(
        workspace,
        readerOf(request),
        labels.map((label) => ({ ...label, blinded })),
      );
      return await answer(access, ids, written);
    },
  );

  app.post(
    "/studies/:id/labels/undo",
    { schema: { params: studyParams, body: undo, response: { 200: labelled } } },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      const { cellId, key } = request.body;
      requireAll([cellId], await listCells(workspace.db, access.study, [cellId]));
      return await answer(access, [cellId], [await undoLabel(workspace, readerOf(request), cellId, key)]);
    },
  );
}

function requireAll(ids: readonly number[], cells: readonly ListedCell[]): void {
  const found = new Set(cells.map(({ id }) => id));
  const missing = ids.find((id) => !found.has(id));
  if (missing !== undefined) throw cellMissing(missing);
}

/** A cell that was not drawn would make the random sample one of what somebody chose. Throws LABEL_NOT_DRAWN. */
async function requireDrawn(queues: ReviewQueues, access: StudyAccess, labels: readonly NewLabel[]): Promise<void> {
  for (const name of Object.values(RANDOM_QUEUES)) {
    const claimed = labels.filter(({ queue }) => queue === name);
    if (claimed.length === 0) continue;
    const drawn = new Set(await queues.cells(scopeOf(access, null), name, access.viewer.reader));
    const stranger = claimed.find(({ cellId }) => !drawn.has(cellId));
    if (stranger !== undefined)
      throw new UsageError(
        "LABEL_NOT_DRAWN",
        `Cell ${stranger.cellId} is not in the random sample "${name}" that was drawn: label it in another queue.`,
      );
  }
}
