import { useQuery } from "@tanstack/react-query";
import { jobsQuery } from "../../api/queries.ts";
import { isActive } from "../../shell/job-news.ts";
import { JobLine } from "../../shell/job-tray.tsx";
import { TrainingCurves } from "./training-curves.tsx";

/** Trainings and comparisons that run or wait, with the curves as they grow. */
export function WorkOnModels() {
  const jobs = useQuery(jobsQuery).data ?? [];
  const active = jobs.filter(({ kind, state }) => (kind === "train" || kind === "compare") && isActive(state));
  return active.map((job) => (
    <section key={job.id} className="card stack" aria-label={job.title}>
      <JobLine job={job} heading="h2" />
      {job.epochs.length > 0 && <TrainingCurves epochs={job.epochs} planned={plannedEpochs(job.stage)} />}
    </section>
  ));
}

/** Of "Epoch 3 of 15" the 15; 0 where the stage says nothing of epochs. */
function plannedEpochs(stage: string): number {
  return Number(/ of (\d+)/.exec(stage)?.[1] ?? 0);
}
