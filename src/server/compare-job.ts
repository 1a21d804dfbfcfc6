import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { readJsonFile } from "../core/json-file.ts";
import type { Progress } from "../core/progress.ts";
import type { Job } from "./api/jobs.ts";
import { type Comparison, comparison, type NewComparison } from "./api/models.ts";
import type { CompareRequest, CompareResult } from "./compare-worker.ts";
import { comparisonCells } from "./comparison-cells.ts";
import type { ReviewContext } from "./context.ts";
import type { JobResult, JobTask } from "./jobs.ts";
import { readLabelledCells } from "./labelled-cells.ts";
import type { ShelfModel } from "./model-shelf.ts";
import { runInThread } from "./thread-task.ts";
import { intervalUnits } from "./training-split.ts";

/** Compares two models on labelled cells that neither was trained on, as a job. Throws MODEL_MISSING. */
export async function startComparison(context: ReviewContext, by: string, wanted: NewComparison): Promise<Job> {
  const [first, second] = wanted.modelIds;
  const models = [await context.models.find(first), await context.models.find(second)] as const;
  return context.jobs.add({
    kind: "compare",
    title: `Compare ${models[0].name} with ${models[1].name}`,
    studyId: null,
    startedBy: by,
    run: async (task) => await runComparison(context, models, wanted.studyIds, task),
  });
}

/** A finished comparison. Throws COMPARISON_MISSING. */
export async function findComparison(workspaceFolder: string, id: string): Promise<Comparison> {
  const found = COMPARISON_ID.test(id) ? await readJsonFile(fileOf(workspaceFolder, id), comparison) : null;
  if (found !== null) return found;
  throw new UsageError("COMPARISON_MISSING", `There is no comparison "${id.slice(0, 40)}". Compare the models anew.`);
}

const COMPARISON_ID = /^[0-9a-f-]{36}$/;

function fileOf(workspaceFolder: string, id: string): string {
  return join(workspaceFolder, "comparisons", `${id}.json`);
}

async function runComparison(
  { workspace, folder }: ReviewContext,
  models: readonly [ShelfModel, ShelfModel],
  studyIds: readonly number[],
  { signal, reportProgress }: JobTask,
): Promise<JobResult> {
  const labelled = await readLabelledCells(workspace.db, studyIds);
  const trainings = models.map(({ training }) => training);
  const cells = comparisonCells(labelled, trainings);
  const units = intervalUnits(cells);
  const id = randomUUID();
  const request: CompareRequest = {
    id,
    models: [sourceOf(models[0]), sourceOf(models[1])],
    cells: cells.map(({ path, positive }, index) => ({ path, positive, group: units[index] ?? null })),
  };
  const result = await runInThread<CompareRequest, Progress, CompareResult>(
    "./compare-worker",
    import.meta.url,
    request,
    {
      signal,
      onEvent: reportProgress,
    },
  );
  if (result === null) return { finished: false };
  await writeFileAtomically(fileOf(folder, id), `${JSON.stringify(result)}\n`);
  return { finished: true, comparisonId: id };
}

function sourceOf({ id, path, name }: ShelfModel) {
  return { id, path, name };
}
