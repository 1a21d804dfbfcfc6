import type { Job } from "../../../../src/server/api/jobs.ts";
import type { Study } from "../../../../src/server/api/studies.ts";
import { JobLine } from "../../shell/job-tray.tsx";
import { NewestCells } from "./newest-cells.tsx";

/** Work on this study, with the cells that were scored last. */
export function JobCard({ job, study }: { job: Job; study: Study }) {
  return (
    <section className="card stack" aria-label={job.title}>
      <JobLine job={job} heading="h2" />
      {job.kind === "score" && job.state === "running" && <NewestCells study={study} />}
    </section>
  );
}
