import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import type { Study } from "../../../../src/server/api/studies.ts";
import { ApiFailure } from "../../api/client.ts";
import { jobsQuery, readerSettingsQuery, studyQuery } from "../../api/queries.ts";
import { Badge } from "../../design/badge.tsx";
import { Button, ButtonLink } from "../../design/button.tsx";
import { EmptyState, Failed, Waiting } from "../../design/feedback.tsx";
import { UploadIcon } from "../../design/icons.tsx";
import { countOf, countText } from "../../design/numbers.ts";
import { Stat } from "../../design/stat.tsx";
import { isActive } from "../../shell/job-news.ts";
import { FileChoosers } from "../../upload/file-choosers.tsx";
import { UploadCard } from "../../upload/upload-card.tsx";
import { offerFiles, useUploads } from "../../upload/upload-store.ts";
import { KINDS, STATES, titleOf } from "../study-words.ts";
import { AuditCard } from "./audit-card.tsx";
import { JobCard } from "./job-card.tsx";
import { QueueList } from "./queue-list.tsx";
import { ReadingCard } from "./reading-card.tsx";
import { SampleTable } from "./sample-table.tsx";
import { ScoreDialog } from "./score-dialog.tsx";
import "./study.css";

/** One study: what runs, what is to be done, its samples. */
export function StudyScreen() {
  const id = Number(useParams().id);
  const study = useQuery(studyQuery(id));
  if (study.data !== undefined) return <StudyPage key={id} study={study.data} />;
  if (study.isPending) return <Waiting label="Reading the study" />;
  return (
    <div className="screen">
      {study.error instanceof ApiFailure && study.error.status === 404 ? (
        <EmptyState wholePage title="There is no such study" action={<ButtonLink to="/">All studies</ButtonLink>} />
      ) : (
        <Failed error={study.error} retry={study.refetch} />
      )}
    </div>
  );
}

function StudyPage({ study }: { study: Study }) {
  const settings = useQuery(readerSettingsQuery(study.id)).data;
  const blinded = settings?.blinded ?? false;
  const uploads = useUploads().running.filter(({ studyId }) => studyId === study.id);
  const jobs = useQuery(jobsQuery).data ?? [];
  const ofStudy = jobs.filter(({ studyId }) => studyId === study.id);
  // A failure is shown until something newer is known of the study.
  const working = ofStudy.filter(
    ({ state }, place) => isActive(state) || (state === "failed" && place === ofStudy.length - 1),
  );
  return (
    <div className="screen">
      <StudyHead study={study} />
      {uploads.map((upload) => (
        <UploadCard key={upload.id} upload={upload} />
      ))}
      {working.map((job) => (
        <JobCard key={job.id} job={job} study={study} />
      ))}
      {study.progress.cells === 0 ? (
        uploads.length === 0 && working.length === 0 && <NoImages studyId={study.id} />
      ) : (
        <>
          <StudyStats study={study} blinded={blinded} />
          <div className="study-columns">
            <QueueList studyId={study.id} />
            <div className="stack">
              <ReadingCard studyId={study.id} />
              {study.scoring !== null && settings?.blinded === false && <AuditCard studyId={study.id} />}
            </div>
          </div>
          <SampleTable study={study} blinded={blinded} />
        </>
      )}
    </div>
  );
}

function StudyHead({ study }: { study: Study }) {
  const [scoring, setScoring] = useState(false);
  const { title, tone } = STATES[study.state];
  return (
    <div className="screen-head">
      <div className="stack-tight">
        <div className="row">
          <h1>{study.name}</h1>
          <Badge tone={tone}>{title}</Badge>
        </div>
        <p className="quiet">
          {[titleOf(study), KINDS[study.kind].title, study.scoring && `scored with ${study.scoring.model}`]
            .filter(Boolean)
            .join(" · ")}
        </p>
      </div>
      <div className="row">
        <Button onClick={() => offerFiles({ images: [], leftOut: 0, studyId: study.id })}>
          <UploadIcon />
          Add images
        </Button>
        {study.progress.cells > 0 && (
          <Button onClick={() => setScoring(true)}>{study.scoring === null ? "Score" : "Score again"}</Button>
        )}
        <ButtonLink to={`/studies/${study.id}/results`}>Results</ButtonLink>
      </div>
      {scoring && <ScoreDialog study={study} onClose={() => setScoring(false)} />}
    </div>
  );
}

/** What tells of the model's calls is hidden from a blinded reader. */
function StudyStats({ study: { progress, samples, slides }, blinded }: { study: Study; blinded: boolean }) {
  const { cells, duplicates, scored, unreadable, flagged, calledPositive, positiveReviewed, reviewed } = progress;
  return (
    <section className="card stats" aria-label="Progress in numbers">
      <Stat
        name="Cells"
        value={countText(cells)}
        interval={`${countOf(samples, "sample")}, ${countOf(slides, "slide")}`}
      />
      <Stat name="Scored" value={countText(scored)} interval={duplicates > 0 && countOf(duplicates, "duplicate")} />
      {!blinded && (
        <Stat
          name="Called positive"
          value={countText(calledPositive)}
          interval={`${countText(positiveReviewed)} of them checked`}
        />
      )}
      <Stat name="Read by a person" value={countText(reviewed)} />
      {!blinded && <Stat name="Flagged" value={countText(flagged)} />}
      <Stat name="Unreadable" value={countText(unreadable)} />
    </section>
  );
}

function NoImages({ studyId }: { studyId: number }) {
  return (
    <section className="card">
      <EmptyState title="Drop a folder of cell images here" action={<FileChoosers studyId={studyId} look="primary" />}>
        This study has no images yet. One folder is one sample; more can be added at any time.
      </EmptyState>
    </section>
  );
}
