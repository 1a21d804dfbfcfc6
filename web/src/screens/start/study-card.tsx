import { Link } from "react-router";
import type { Job } from "../../../../src/server/api/jobs.ts";
import type { StudySummary } from "../../../../src/server/api/studies.ts";
import { Badge } from "../../design/badge.tsx";
import { countOf, countText, dayText } from "../../design/numbers.ts";
import { ProgressBar } from "../../design/progress-bar.tsx";
import { cellsToScore, KINDS, STATES, titleOf } from "../study-words.ts";

/** A study at a glance: how much of it was scored and how much of what was called positive a person has seen. */
export function StudyCard({ study, job }: { study: StudySummary; job: Job | undefined }) {
  const { progress } = study;
  const { title, tone } = STATES[study.state];
  return (
    <Link to={`/studies/${study.id}`} className="card study-card">
      <span className="study-card-head">
        <span className="study-card-name">{study.name}</span>
        <Badge tone={tone}>{title}</Badge>
      </span>
      <span className="study-card-title quiet small">{titleOf(study)}</span>
      <ProgressBar
        label={job?.state === "running" ? job.stage : "Scored"}
        done={progress.scored}
        total={cellsToScore(progress)}
        detail={`${countText(progress.scored)} of ${countOf(cellsToScore(progress), "cell")}`}
      />
      <ProgressBar
        label="Positive calls checked"
        done={progress.positiveReviewed}
        total={progress.calledPositive}
        detail={`${countText(progress.positiveReviewed)} of ${countText(progress.calledPositive)}`}
      />
      <span className="study-card-foot quiet small">
        <span>
          {KINDS[study.kind].title} · {countOf(study.samples, "sample")} · {dayText(study.createdAt)}
        </span>
        <span className="study-card-model">{study.scoring?.model ?? "no model yet"}</span>
      </span>
    </Link>
  );
}
