import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Job } from "../../../src/server/api/jobs.ts";
import { withJob } from "../api/caches.ts";
import { request } from "../api/client.ts";
import { jobsQuery, keys } from "../api/queries.ts";
import { Badge, type BadgeTone } from "../design/badge.tsx";
import { Button } from "../design/button.tsx";
import { WorkIcon } from "../design/icons.tsx";
import { countOf, countText, durationText, percentText } from "../design/numbers.ts";
import { ProgressBar } from "../design/progress-bar.tsx";
import { sayFailure } from "../design/toast.tsx";
import { isActive } from "./job-news.ts";
import { Popover } from "./popover.tsx";

const MOST_SHOWN = 12;

const STATES: Record<Job["state"], { words: string; tone: BadgeTone }> = {
  waiting: { words: "Waiting", tone: "plain" },
  running: { words: "Running", tone: "accent" },
  finished: { words: "Done", tone: "good" },
  stopped: { words: "Stopped", tone: "warning" },
  failed: { words: "Failed", tone: "danger" },
};

/** Work that runs or waits, with what was last done below it. */
export function JobTray() {
  const jobs = useQuery(jobsQuery).data ?? [];
  const running = jobs.find(({ state }) => state === "running");
  const active = jobs.filter(({ state }) => isActive(state)).length;
  const sign = running === undefined ? "Work" : shareText(running);
  const shown = [...jobs].sort((a, b) => order(a) - order(b)).slice(0, MOST_SHOWN);
  return (
    <Popover
      wide
      label={active === 0 ? "Work: nothing runs" : `Work: ${sign}, ${countOf(active, "job")} under way`}
      sign={
        <>
          <WorkIcon />
          <span className="job-sign">{sign}</span>
        </>
      }
    >
      <h2>Work</h2>
      {shown.length === 0 && <p className="quiet">Nothing has been started since the server was.</p>}
      <ul className="job-list">
        {shown.map((job) => (
          <li key={job.id}>
            <JobLine job={job} heading="h3" />
          </li>
        ))}
      </ul>
    </Popover>
  );
}

/** One job: what it does, how far it is, what went wrong, and a button that stops it. */
export function JobLine({ job, heading: Title }: { job: Job; heading: "h2" | "h3" }) {
  const queries = useQueryClient();
  const stop = useMutation({
    mutationFn: () => request<Job>("POST", `jobs/${job.id}/stop`),
    onSuccess: (stopped) => queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, stopped)),
    onError: sayFailure,
  });
  const { words, tone } = STATES[job.state];
  const active = isActive(job.state);
  return (
    <div className="stack-tight">
      <div className="job-head">
        <Title className="job-title">{job.title}</Title>
        <span className="job-state">
          <Badge tone={tone}>{words}</Badge>
          {active && (
            <Button small onClick={() => stop.mutate()} disabled={stop.isPending}>
              Stop
            </Button>
          )}
        </span>
      </div>
      {job.state === "running" && (
        <ProgressBar label={job.stage} done={job.done} total={job.total} detail={progressText(job)} />
      )}
      {job.failure !== null && <p className="field-error">{job.failure.message}</p>}
      {job.unreadable > 0 && <p className="small quiet">{countOf(job.unreadable, "file")} could not be read.</p>}
    </div>
  );
}

/** "1,204 of 3,000, about 4 min left". */
function progressText({ done, total, detail, secondsLeft }: Job): string {
  const parts = [total > 0 ? `${countText(done)} of ${countText(total)}` : detail];
  if (secondsLeft !== null) parts.push(`about ${durationText(secondsLeft)} left`);
  return parts.filter((part) => part !== "").join(", ");
}

function shareText({ done, total, stage }: Job): string {
  return total > 0 ? percentText(done / total, 0) : stage;
}

/** Running first, then waiting, then the newest that ended. */
function order({ state, endedAt }: Job): number {
  if (state === "running") return Number.NEGATIVE_INFINITY;
  if (state === "waiting") return -Number.MAX_VALUE;
  return -Date.parse(endedAt ?? "1970-01-01");
}
