import type { Progress } from "../core/progress.ts";
import { findScoring } from "../workspace/scorings.ts";
import { type Study, studyOfNumber } from "../workspace/study.ts";
import type { Job } from "./api/jobs.ts";
import type { ReviewContext } from "./context.ts";
import type { ModelSource } from "./explainer.ts";
import type { JobResult, JobTask } from "./jobs.ts";
import { forgetOrder, type KeptOrder, keepOrder, keptOrders, type ScoreOrder } from "./score-order.ts";
import type { ScoreRequest, ScoreResult, UploadedSlide } from "./score-worker.ts";
import { modelOfScoring } from "./scoring-model.ts";
import { runInThread } from "./thread-task.ts";
import { uploadedImages } from "./uploads.ts";

/** Images that were brought, and what they are of. */
type BroughtImages = NonNullable<ScoreOrder["upload"]>;

/**
 * Scores what a study has that is not scored, as a job: with the named model, whose predictions then become the study's;
 * without one, with the scoring in use, or the model in use where there is none. Throws MODEL_MISSING, STUDY_MISSING.
 */
export async function startScoring(
  context: ReviewContext,
  request: {
    readonly studyId: number;
    readonly by: string;
    readonly modelId: string | null;
    readonly upload: BroughtImages | null;
  },
): Promise<Job> {
  const study = await studyOfNumber(context.workspace.db, request.studyId);
  const target = await targetOf(context, study, request.modelId);
  const { studyId, by, upload } = request;
  const kept = await keepOrder(context.folder, { studyId, by, target, upload }, context.now());
  return await enqueue(context, kept);
}

/** Takes up again what an earlier server did not finish. Call it once, when the server starts. */
export async function resumeScorings(context: ReviewContext): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const kept of await keptOrders(context.folder)) {
    const job = await enqueue(context, kept).catch(() => null);
    if (job === null) await forgetOrder(kept);
    else jobs.push(job);
  }
  return jobs;
}

async function targetOf(
  { workspace, models }: ReviewContext,
  study: Study,
  modelId: string | null,
): Promise<ScoreOrder["target"]> {
  const used = study.scoringId === null ? null : await findScoring(workspace.db, study.scoringId);
  if (used !== null && (modelId === null || modelId === used.modelSha256)) return { scoringId: used.id };
  const model = modelId === null ? await models.current() : await models.find(modelId);
  return { modelId: model.id };
}

async function enqueue(context: ReviewContext, kept: KeptOrder): Promise<Job> {
  const { order } = kept;
  const study = await studyOfNumber(context.workspace.db, order.studyId);
  const model = await modelOf(context, order.target);
  return context.jobs.add({
    kind: "score",
    title: `Score ${study.name} with ${model.name}`,
    studyId: order.studyId,
    startedBy: order.by,
    run: async (task) => await score(context, order, model, task),
    settled: async () => await forgetOrder(kept),
  });
}

async function score(
  context: ReviewContext,
  { studyId, by, target, upload }: ScoreOrder,
  model: ModelSource,
  { signal, reportProgress, note }: JobTask,
): Promise<JobResult> {
  const { folder, version } = context;
  const scoringId = "scoringId" in target ? target.scoringId : null;
  const brought = upload === null ? null : await uploadedSlide(folder, upload);
  const { id, path, name } = model;
  const request = { folder, studyId, by, version, model: { id, path, name }, scoringId, upload: brought };
  // That the study changes, the windows learn from the audit trail, as of any other process.
  const options = { signal, onEvent: reportProgress };
  const { finished, unreadable } = await runInThread<ScoreRequest, Progress, ScoreResult>(
    "./score-worker",
    import.meta.url,
    request,
    options,
  );
  note({ unreadable });
  return { finished };
}

async function uploadedSlide(folder: string, { id, sample, slide }: BroughtImages): Promise<UploadedSlide> {
  const { images, files } = await uploadedImages(folder, id);
  return { images, files: [...files.values()], sample, slide };
}

/** Throws MODEL_MISSING. */
async function modelOf(context: ReviewContext, target: ScoreOrder["target"]): Promise<ModelSource> {
  if ("modelId" in target) return await context.models.find(target.modelId);
  const scoring = await findScoring(context.workspace.db, target.scoringId);
  return scoring === null ? await context.models.current() : await modelOfScoring(context, scoring);
}
