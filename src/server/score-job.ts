import { existsSync } from "node:fs";
import type { Progress } from "../core/progress.ts";
import { findScoring } from "../workspace/scorings.ts";
import { type Study, studyOfNumber } from "../workspace/study.ts";
import type { Job } from "./api/jobs.ts";
import type { ReviewContext } from "./context.ts";
import type { JobResult, JobTask } from "./jobs.ts";
import { forgetOrder, type KeptOrder, keepOrder, keptOrders, type ScoreOrder } from "./score-order.ts";
import type { ScoreRequest, ScoreResult, UploadedSlide } from "./score-worker.ts";
import { runInThread } from "./thread-task.ts";
import { uploadedImages } from "./uploads.ts";

/** Windows are told of new scores so often, milliseconds: each then reads its list again. */
const BETWEEN_STUDY_EVENTS = 1_000;

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
  model: ScoreRequest["model"],
  { signal, reportProgress, note }: JobTask,
): Promise<JobResult> {
  const { folder, version, feed } = context;
  const scoringId = "scoringId" in target ? target.scoringId : null;
  const brought = upload === null ? null : await uploadedSlide(folder, upload);
  const request: ScoreRequest = { folder, studyId, by, version, model, scoringId, upload: brought };
  const tellStudy = () => feed.publish({ kind: "study", studyId });
  let toldAt = Number.NEGATIVE_INFINITY;
  const onEvent = (progress: Progress) => {
    reportProgress(progress);
    if (performance.now() - toldAt < BETWEEN_STUDY_EVENTS) return;
    toldAt = performance.now();
    tellStudy();
  };
  try {
    const options = { signal, onEvent };
    const result = await runInThread<ScoreRequest, Progress, ScoreResult>(
      "./score-worker",
      import.meta.url,
      request,
      options,
    );
    note({ unreadable: result.unreadable });
    return { finished: result.finished };
  } finally {
    tellStudy();
  }
}

async function uploadedSlide(folder: string, { id, sample, slide }: BroughtImages): Promise<UploadedSlide> {
  const { images, files } = await uploadedImages(folder, id);
  return { images, files: [...files.values()], sample, slide };
}

/** The model of an order; that of a scoring may have left the shelf and still lie where it was. Throws MODEL_MISSING. */
async function modelOf(
  { workspace, models }: ReviewContext,
  target: ScoreOrder["target"],
): Promise<ScoreRequest["model"]> {
  if ("modelId" in target) {
    const { path, id, name } = await models.find(target.modelId);
    return { path, sha256: id, name };
  }
  const scoring = await findScoring(workspace.db, target.scoringId);
  const modelId = scoring?.modelSha256 ?? "";
  const onShelf = (await models.list()).find(({ id }) => id === modelId);
  if (onShelf === undefined && scoring !== null && existsSync(scoring.modelPath))
    return { path: scoring.modelPath, sha256: modelId, name: scoring.modelPath };
  const { path, id, name } = onShelf ?? (await models.find(modelId));
  return { path, sha256: id, name };
}
