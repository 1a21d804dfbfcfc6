import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { UsageError } from "../core/errors.ts";
import type { EpochRecord } from "../training/history.ts";
import { studyOfNumber } from "../workspace/study.ts";
import type { Job } from "./api/jobs.ts";
import type { NewTraining, TrainingPlan } from "./api/models.ts";
import type { ReviewContext } from "./context.ts";
import type { JobResult, JobTask } from "./jobs.ts";
import { readLabelledCells } from "./labelled-cells.ts";
import type { ShelfModel } from "./model-shelf.ts";
import { runInThread } from "./thread-task.ts";
import type { TrainEvent, TrainRequest } from "./train-worker.ts";
import { type EarlierTrainings, planTraining } from "./training-split.ts";

/** How many labelled cells a training on these studies would have, and what stands in its way. */
export async function trainingPlanFor(context: ReviewContext, studyIds: readonly number[]): Promise<TrainingPlan> {
  const cells = await readLabelledCells(context.workspace.db, studyIds);
  return planTraining(cells, earlierTrainings(await context.models.list()));
}

/**
 * Trains a new model on what persons have labelled, as a job; it is on the shelf when it is finished, but not in use.
 * Throws MODEL_MISSING, STUDY_MISSING, TRAINING_OBSTACLE.
 */
export async function startTraining(context: ReviewContext, by: string, wanted: NewTraining): Promise<Job> {
  const { workspace, models, jobs, now } = context;
  const startFrom = await models.find(wanted.startFrom);
  const studies = await Promise.all(wanted.studyIds.map(async (id) => (await studyOfNumber(workspace.db, id)).name));
  const { obstacle } = await trainingPlanFor(context, wanted.studyIds);
  if (obstacle !== null) throw new UsageError("TRAINING_OBSTACLE", obstacle);
  return jobs.add({
    kind: "train",
    title: `Train ${wanted.name} on ${studies.join(", ")}`,
    studyId: null,
    startedBy: by,
    run: async (task) => await runTraining(context, { wanted, by, startFrom, studies, at: now().toISOString() }, task),
  });
}

interface AskedTraining {
  readonly wanted: NewTraining;
  readonly by: string;
  readonly at: string;
  readonly startFrom: ShelfModel;
  readonly studies: readonly string[];
}

async function runTraining(context: ReviewContext, asked: AskedTraining, task: JobTask): Promise<JobResult> {
  const { models, workspace, feed, version } = context;
  const { wanted, by, at, startFrom, studies } = asked;
  const { name, studyIds, epochs, seed } = wanted;
  const runFolder = models.newRunFolder(randomUUID());
  // Read when the job's turn has come: with everything that was labelled while it waited.
  const cells = await readLabelledCells(workspace.db, studyIds);
  const { heldOut, seen } = earlierTrainings(await models.list());
  const request: TrainRequest = {
    ...{ runFolder, cells, epochs, seed, version, studies },
    earlier: { heldOut: [...heldOut], seen: [...seen] },
    startFrom: { path: startFrom.path, seen: startFrom.training?.seen ?? [] },
    record: { name, studyIds, by, at, startFrom: { id: startFrom.id, name: startFrom.name } },
  };
  try {
    const options = { signal: task.signal, onEvent: reporter(task, epochs) };
    const { finished } = await runInThread<TrainRequest, TrainEvent, { finished: boolean }>(
      "./train-worker",
      import.meta.url,
      request,
      options,
    );
    if (!finished) return { finished: false };
    const { id: modelId } = await models.install(runFolder, name);
    feed.publish({ kind: "models" });
    return { finished: true, modelId };
  } finally {
    await rm(runFolder, { recursive: true, force: true });
  }
}

/** The job's stage names the epoch under way. */
function reporter({ reportProgress, note }: JobTask, epochs: number): (event: TrainEvent) => void {
  let finished = 0;
  return (event) => {
    if ("epochs" in event) {
      finished = event.epochs.length;
      note({ epochs: event.epochs.map(asAnswer) });
      return;
    }
    const { stage, ...progress } = event.progress;
    const isTraining = stage === "Training" && finished < epochs;
    reportProgress({ ...progress, stage: isTraining ? `Epoch ${finished + 1} of ${epochs}` : stage });
  };
}

function asAnswer({ seconds: _, ...epoch }: EpochRecord): Job["epochs"][number] {
  return epoch;
}

/** What the trainings that made the models on the shelf have dealt with. */
function earlierTrainings(models: readonly ShelfModel[]): EarlierTrainings {
  const all = (pictures: "heldOut" | "seen") => new Set(models.flatMap(({ training }) => training?.[pictures] ?? []));
  return { heldOut: all("heldOut"), seen: all("seen") };
}
