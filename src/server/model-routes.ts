import { z } from "zod";
import { jobStarted } from "./api/jobs.ts";
import { comparison, model, modelChoice, newComparison, newTraining, studyChoice, trainingPlan } from "./api/models.ts";
import { findComparison, startComparison } from "./compare-job.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { describeModel } from "./model-description.ts";
import { readerOf, requireRole } from "./security.ts";
import { startTraining, trainingPlanFor } from "./train-job.ts";

const schema = { tags: ["models"] };

/** The models of the workspace: which there are, which is in use, training new ones, comparing them. */
export async function modelRoutes(app: ReviewApp, context: ReviewContext): Promise<void> {
  const { models, workspace, feed } = context;
  app.get("/models", { schema: { ...schema, response: { 200: z.object({ models: z.array(model) }) } } }, async () => {
    const inUse = await models.current();
    const shelf = await models.list();
    return { models: await Promise.all(shelf.map(async (one) => await describeModel(one, one.id === inUse.id))) };
  });
  app.put(
    "/models/current",
    { schema: { ...schema, body: modelChoice, response: { 204: z.undefined() } } },
    async (request, reply) => {
      requireRole(request, "reviewer");
      const [old, chosen] = [await models.current(), await models.find(request.body.modelId)];
      if (old.id !== chosen.id)
        await workspace.change(readerOf(request), async ({ record }) => {
          await record({ action: "select model", subject: "models", oldValue: nameOf(old), newValue: nameOf(chosen) });
          await models.use(chosen.id);
        });
      feed.publish({ kind: "models" });
      return await reply.code(204).send();
    },
  );
  app.post(
    "/models/training-plan",
    { schema: { ...schema, body: studyChoice, response: { 200: trainingPlan } } },
    async (request) => await trainingPlanFor(context, request.body.studyIds),
  );
  app.post(
    "/models/train",
    { schema: { ...schema, body: newTraining, response: { 200: jobStarted } } },
    async (request) => {
      requireRole(request, "reviewer");
      return { job: await startTraining(context, readerOf(request), request.body) };
    },
  );
  app.post(
    "/models/compare",
    { schema: { ...schema, body: newComparison, response: { 200: jobStarted } } },
    async (request) => {
      requireRole(request, "reviewer");
      return { job: await startComparison(context, readerOf(request), request.body) };
    },
  );
  app.get(
    "/comparisons/:id",
    { schema: { ...schema, params: z.object({ id: z.string() }), response: { 200: comparison } } },
    async ({ params }) => await findComparison(context.folder, params.id),
  );
}

/** What the audit trail says of a model. */
function nameOf({ id, name }: { readonly id: string; readonly name: string }) {
  return { name, sha256: id };
}
