import { readStudyReport } from "../report/read-study-report.ts";
import { studyPage } from "../report/study-page.ts";
import type { ReviewQueues } from "../review/queues.ts";
import { auditedCells } from "../workspace/call-audit.ts";
import { countSamples } from "../workspace/counts.ts";
import { slideProgress } from "../workspace/progress.ts";
import { listSlides } from "../workspace/samples.ts";
import { studyOfNumber } from "../workspace/study.ts";
import { computeResult } from "../workspace/study-result.ts";
import { studyResult } from "./api/results.ts";
import { requireSight } from "./blinding.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { galleryCell } from "./gallery-cell.ts";
import { resultAnswer } from "./result-answer.ts";
import { openStudy, studyParams } from "./review-access.ts";
import { policyOfDocument } from "./security-headers.ts";

/** A study's result as it stands, and its report: a page that stands alone. Neither is for a blinded reader. */
export async function resultRoutes(app: ReviewApp, context: ReviewContext, queues: ReviewQueues): Promise<void> {
  const { workspace, version } = context;

  app.get(
    "/studies/:id/result",
    { schema: { params: studyParams, response: { 200: studyResult } } },
    async (request) => {
      const { study, viewer } = await openStudy(context, request, request.params.id);
      requireSight(viewer);
      const counts = await countSamples(workspace.db, study);
      return resultAnswer({
        study,
        counts,
        result: computeResult(study.design, counts),
        audited: await auditedCells(workspace.db, study),
        slides: await listSlides(workspace.db, study.id),
        progress: await slideProgress(workspace.db, study),
        readings: [...(await queues.readings(study)).values()],
      });
    },
  );

  app.get("/studies/:id/report", { schema: { params: studyParams } }, async (request, reply) => {
    const { study, viewer } = await openStudy(context, request, request.params.id);
    requireSight(viewer);
    const page = studyPage(
      await readStudyReport(workspace, (db) => studyOfNumber(db, study.id), { version, showCell: galleryCell }),
    );
    return reply.type("text/html; charset=utf-8").header("content-security-policy", policyOfDocument(page)).send(page);
  });
}
