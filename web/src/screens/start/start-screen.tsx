import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { StudySummary } from "../../../../src/server/api/studies.ts";
import { jobsQuery, studiesQuery } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { EmptyState, Failed, Waiting } from "../../design/feedback.tsx";
import { PlusIcon, UploadIcon } from "../../design/icons.tsx";
import { FileChoosers } from "../../upload/file-choosers.tsx";
import { offerFiles } from "../../upload/upload-store.ts";
import { NewStudyDialog } from "./new-study-dialog.tsx";
import "./start.css";
import { StudyCard } from "./study-card.tsx";

/** With fewer studies a filter only takes room. */
const FILTER_FROM = 7;

/** All studies of the workspace, and the ways to begin one. */
export function StartScreen() {
  const studies = useQuery(studiesQuery);
  const [creating, setCreating] = useState(false);
  const [wanted, setWanted] = useState("");
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>Studies</h1>
        <div className="row">
          {(studies.data?.length ?? 0) >= FILTER_FROM && (
            <input
              className="input study-filter"
              type="search"
              placeholder="Find a study"
              aria-label="Find a study"
              value={wanted}
              onChange={(event) => setWanted(event.target.value)}
            />
          )}
          <Button onClick={() => setCreating(true)}>
            <PlusIcon />
            New study
          </Button>
          <Button look="primary" onClick={() => offerFiles({ images: [], leftOut: 0, studyId: null })}>
            <UploadIcon />
            Score images
          </Button>
        </div>
      </div>
      {studies.isPending && <Waiting label="Reading the studies" />}
      {studies.isError && studies.data === undefined && <Failed error={studies.error} retry={studies.refetch} />}
      {studies.data !== undefined && <StudyCards studies={studies.data} wanted={wanted} />}
      {creating && <NewStudyDialog onClose={() => setCreating(false)} />}
    </div>
  );
}

function StudyCards({ studies, wanted }: { studies: readonly StudySummary[]; wanted: string }) {
  const jobs = useQuery(jobsQuery).data ?? [];
  if (studies.length === 0) return <Welcome />;
  const shown = studies
    .filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(wanted.trim().toLowerCase()))
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  return (
    <>
      <ul className="study-cards">
        {shown.map((study) => (
          <li key={study.id}>
            <StudyCard study={study} job={jobs.find(({ id }) => id === study.jobId)} />
          </li>
        ))}
      </ul>
      {shown.length === 0 && <EmptyState title="No study has this in its name" />}
    </>
  );
}

function Welcome() {
  return (
    <section className="card">
      <EmptyState title="Drop a folder of cell images here" action={<FileChoosers studyId={null} look="primary" />}>
        Each image shows one cell. The model looks for micronuclei in every one; you check what it found, and the result
        is the frequency with its interval.
      </EmptyState>
    </section>
  );
}
