import { z } from "zod";
import { auditSampleSize } from "../assay/audit-sample.ts";
import { MicronucleiError } from "../core/errors.ts";
import { QUEUES, type QueueName } from "../review/queue-names.ts";
import { BLIND_QUEUES, type QueueScope, type ReviewQueues } from "../review/queues.ts";
import { auditedCells, type Call, drawAuditSample } from "../workspace/call-audit.ts";
import { listCells, studyOfCell } from "../workspace/listed-cells.ts";
import { readPositions, savePosition } from "../workspace/positions.ts";
import {
  type AuditPlan,
  auditPlan,
  auditPlanQuery,
  cell,
  cellList,
  cellsQuery,
  newAudit,
  positionUpdate,
  queue,
  queueName,
  queuesQuery,
} from "./api/cells.ts";
import { cellAnswer, requireSight } from "./blinding.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { openStudy, type StudyAccess, studyParams } from "./review-access.ts";
import { readerOf } from "./security.ts";

/** Queues of a study, places in them, their cells page by page, and the random samples that show how good the calls are. */
export async function queueRoutes(app: ReviewApp, context: ReviewContext, queues: ReviewQueues): Promise<void> {
  const { workspace } = context;

  app.get(
    "/studies/:id/queues",
    {
      schema: {
        params: studyParams,
        querystring: queuesQuery,
        response: { 200: z.object({ queues: z.array(queue) }) },
      },
    },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      return { queues: await listQueues(context, queues, access, request.query.sampleId ?? null) };
    },
  );

  app.put(
    "/studies/:id/queues/:queue/position",
    { schema: { params: studyParams.extend({ queue: queueName }), body: positionUpdate, response: { 204: z.null() } } },
    async (request, reply) => {
      const { study } = await openStudy(context, request, request.params.id);
      const { cellId, sampleId } = request.body;
      if ((await studyOfCell(workspace.db, cellId)) !== study.id) throw cellMissing(cellId);
      const place = { reader: readerOf(request), studyId: study.id, sampleId, queue: request.params.queue, cellId };
      await savePosition(workspace.db, place);
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/studies/:id/cells",
    { schema: { params: studyParams, querystring: cellsQuery, response: { 200: cellList } } },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      const { queue: name, sampleId = null, offset, limit } = request.query;
      if (!BLIND_QUEUES.includes(name)) requireSight(access.viewer);
      const ids = await queues.cells(scopeOf(access, sampleId), name, access.viewer.reader);
      const cells = await listCells(workspace.db, access.study, ids.slice(offset, offset + limit));
      return { queue: name, total: ids.length, offset, cells: cells.map((each) => cellAnswer(each, access.viewer)) };
    },
  );

  app.get(
    "/cells/:id",
    { schema: { params: studyParams, response: { 200: z.object({ studyId: z.number(), cell }) } } },
    async (request) => {
      const cellId = request.params.id;
      const studyId = await studyOfCell(workspace.db, cellId);
      if (studyId === null) throw cellMissing(cellId);
      const { study, viewer } = await openStudy(context, request, studyId);
      const [found] = await listCells(workspace.db, study, [cellId]);
      if (found === undefined) throw cellMissing(cellId);
      return { studyId, cell: cellAnswer(found, viewer) };
    },
  );

  app.get(
    "/studies/:id/audit",
    { schema: { params: studyParams, querystring: auditPlanQuery, response: { 200: auditPlan } } },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      requireSight(access.viewer);
      return await planAudit(context, queues, access, request.query);
    },
  );

  app.post(
    "/studies/:id/audit",
    { schema: { params: studyParams, body: newAudit, response: { 200: auditPlan } } },
    async (request) => {
      const access = await openStudy(context, request, request.params.id);
      requireSight(access.viewer);
      const { called, cells } = request.body;
      await drawAuditSample(workspace, readerOf(request), { study: access.study, called, cells });
      return await planAudit(context, queues, access, { called, precision: DEFAULT_PRECISION });
    },
  );
}

const DEFAULT_PRECISION = auditPlanQuery.shape.precision.parse(undefined);

/** The samples that a queue covers: one, or all. */
export function scopeOf({ study, scoring }: StudyAccess, sampleId: number | null): QueueScope {
  return { study, threshold: scoring?.threshold ?? null, sampleId };
}

export function cellMissing(cellId: number): MicronucleiError {
  return new MicronucleiError(
    "CELL_MISSING",
    `There is no cell ${cellId} in this study. Open the study anew from the list.`,
  );
}

async function listQueues(
  { workspace }: ReviewContext,
  queues: ReviewQueues,
  access: StudyAccess,
  sampleId: number | null,
) {
  const { study, viewer } = access;
  const scope = scopeOf(access, sampleId);
  const names: readonly QueueName[] = viewer.blinded ? BLIND_QUEUES : QUEUES;
  const counts = await queues.counts(scope, names, viewer.reader);
  const positions = await readPositions(workspace.db, { reader: viewer.reader, studyId: study.id, sampleId });
  return await Promise.all(
    counts.map(async (count) => {
      const cellId = positions.get(count.name);
      if (cellId === undefined) return { ...count, position: null };
      const place = (await queues.cells(scope, count.name, viewer.reader)).indexOf(cellId);
      return { ...count, position: place < 0 ? null : place };
    }),
  );
}

/** Wrong calls to expect before any were looked at, in shares: few are missed, more are called in error. */
const EXPECTED_WRONG: Readonly<Record<Call, number>> = { negative: 0, positive: 0.1 };
/** From so many audited cells on, these say what to expect. */
const ENOUGH_AUDITED = 30;
/** Beyond one half, fewer cells would do again: the widest interval is planned for. */
const MOST_WRONG = 0.5;

async function planAudit(
  { workspace }: ReviewContext,
  queues: ReviewQueues,
  { study }: StudyAccess,
  { called, precision }: { readonly called: Call; readonly precision: number },
): Promise<AuditPlan> {
  const state = await queues.audit(study, called);
  const audited = (await auditedCells(workspace.db, study)).filter(({ predicted }) => predicted === called);
  const wrong = audited.filter(({ positive }) => positive !== (called === "positive")).length;
  const expected = audited.length < ENOUGH_AUDITED ? EXPECTED_WRONG[called] : wrong / audited.length;
  const size = auditSampleSize(Math.min(MOST_WRONG, expected), precision, study.design.level);
  return { called, ...state, suggested: Math.min(size, state.available + state.drawn) };
}
