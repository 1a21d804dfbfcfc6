import { z } from "zod";
import { job, jobStarted } from "./api/jobs.ts";
import { newScoring } from "./api/studies.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { resumeScorings, startScoring } from "./score-job.ts";
import { readerOf, requireRole } from "./security.ts";

const jobParams = z.object({ id: z.string() });
const schema = { tags: ["jobs"] };

/** Long work: what there is, stopping it, and scoring a study again or with another model. */
export async function jobRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const { jobs } = context;
  app.addHook("onReady", async () => {
    await resumeScorings(context);
  });
  app.addHook("onClose", async () => await jobs.close());
  app.get("/jobs", { schema: { ...schema, response: { 200: z.object({ jobs: z.array(job) }) } } }, async () => ({
    jobs: jobs.list(),
  }));
  app.get("/jobs/:id", { schema: { ...schema, params: jobParams, response: { 200: job } } }, async ({ params }) =>
    jobs.find(params.id),
  );
  app.post("/jobs/:id/stop", { schema: { ...schema, params: jobParams, response: { 200: job } } }, async (request) => {
    requireRole(request, "reviewer");
    return jobs.stop(request.params.id);
  });
  app.post(
    "/studies/:id/score",
    {
      schema: {
        ...schema,
        params: z.object({ id: z.coerce.number().int() }),
        body: newScoring,
        response: { 200: jobStarted },
      },
    },
    async (request) => {
      requireRole(request, "reviewer");
      const { modelId } = request.body ?? {};
      const { id: studyId } = request.params;
      const by = readerOf(request);
      return { job: await startScoring(context, { studyId, by, modelId: modelId ?? null, upload: null }) };
    },
  );
}
