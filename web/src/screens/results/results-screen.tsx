import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import type { StudyResult } from "../../../../src/server/api/results.ts";
import { ApiFailure } from "../../api/client.ts";
import { resultQuery, studyQuery } from "../../api/queries.ts";
import { ButtonLink } from "../../design/button.tsx";
import { EmptyState, Failed, Note, Waiting } from "../../design/feedback.tsx";
import { countText, percentText } from "../../design/numbers.ts";
import { Stat } from "../../design/stat.tsx";
import { titleOf } from "../study-words.ts";
import { AgreementTable } from "./agreement-table.tsx";
import { ConcentrationCard } from "./concentration-card.tsx";
import { DoseCard } from "./dose-card.tsx";
import { FrequencyCard } from "./frequency-card.tsx";
import { ReportLinks } from "./report-links.tsx";
import "./results.css";

/** What a study says so far; it changes while cells are confirmed, here and in other windows. */
export function ResultsScreen() {
  const id = Number(useParams().id);
  const study = useQuery(studyQuery(id)).data;
  const result = useQuery(resultQuery(id));
  return (
    <div className="screen">
      <div className="screen-head">
        <div className="stack-tight">
          <h1>Results</h1>
          <p className="quiet">{study === undefined ? "…" : titleOf(study) || study.name}</p>
        </div>
        {result.data !== undefined && <ReportLinks studyId={id} name={study?.name ?? ""} result={result.data} />}
      </div>
      {result.isPending && <Waiting label="Working out the results" />}
      {result.isError && result.data === undefined && <NoResult error={result.error} retry={result.refetch} />}
      {result.data !== undefined && <Result studyId={id} result={result.data} />}
    </div>
  );
}

function Result({ studyId, result }: { studyId: number; result: StudyResult }) {
  if (result.samples.every(({ progress }) => progress.scored === 0 && progress.reviewed === 0))
    return (
      <section className="card">
        <EmptyState
          title="No results yet"
          action={
            <ButtonLink to={`/studies/${studyId}`} look="primary">
              Go to the study
            </ButtonLink>
          }
        >
          Results appear as soon as the first cells were scored or read.
        </EmptyState>
      </section>
    );
  return (
    <>
      <OpenWork studyId={studyId} result={result} />
      {result.kind === "genotoxicity" && <ConcentrationCard result={result} />}
      {result.kind === "biodosimetry" && <DoseCard result={result} />}
      <FrequencyCard result={result} />
      <div className="result-columns">
        <AuditResult result={result} />
        <AgreementTable result={result} />
      </div>
    </>
  );
}

function NoResult({ error, retry }: { error: unknown; retry: () => void }) {
  if (error instanceof ApiFailure && error.code === "READING_BLINDED")
    return (
      <section className="card">
        <EmptyState title="You read this study blinded">
          Results would tell you what the model and others found. They are here for everybody else, and for you when
          your blinded reading is ended on the study's page.
        </EmptyState>
      </section>
    );
  return <Failed error={error} retry={retry} />;
}

/** What still rests on the model alone. */
function OpenWork({ studyId, result }: { studyId: number; result: StudyResult }) {
  const counted = result.samples.filter(({ excluded }) => excluded === null);
  const automatic = counted.reduce((sum, { automaticPositive }) => sum + automaticPositive, 0);
  const open = result.disagreements.cells - result.disagreements.adjudicated;
  if (automatic === 0 && open === 0) return null;
  return (
    <Note tone="quiet">
      <div className="spread">
        <span>
          {automatic > 0 &&
            `${countText(automatic)} positive ${automatic === 1 ? "call is" : "calls are"} the model's alone. `}
          {open > 0 && `Readers disagree on ${countText(open)} ${open === 1 ? "cell" : "cells"} that nobody decided.`}
        </span>
        <span className="row">
          {automatic > 0 && (
            <ButtonLink small to={`/studies/${studyId}/review/positive`}>
              Check the calls
            </ButtonLink>
          )}
          {open > 0 && (
            <ButtonLink small to={`/studies/${studyId}/review/disagreements`}>
              Decide
            </ButtonLink>
          )}
        </span>
      </div>
    </Note>
  );
}

function AuditResult({ result: { audit, level } }: { result: StudyResult }) {
  const interval = (estimate: { low: number; high: number } | null) =>
    estimate === null ? "not measured yet" : `${percentText(estimate.low)} to ${percentText(estimate.high)}`;
  return (
    <section className="card stack" aria-labelledby="audit-result-title">
      <h2 id="audit-result-title">How good the model is on this study</h2>
      {audit === null ? (
        <p className="quiet">
          Not measured yet. Draw an audit sample on the study's page and read it: then the frequencies are corrected for
          what the model misses and calls falsely.
        </p>
      ) : (
        <>
          <div className="stats">
            <Stat
              name="Sensitivity"
              value={audit.sensitivity === null ? "–" : percentText(audit.sensitivity.value)}
              interval={interval(audit.sensitivity)}
            />
            <Stat
              name="Specificity"
              value={audit.specificity === null ? "–" : percentText(audit.specificity.value)}
              interval={interval(audit.specificity)}
            />
          </div>
          <p className="quiet small">
            From {countText(audit.cells)} randomly drawn cells that a person read; with {percentText(level, 0)}{" "}
            intervals.
            {(audit.sensitivity === null || audit.specificity === null) &&
              " What is missing needs an audit of the positive calls as well as of the negative ones."}
          </p>
        </>
      )}
    </section>
  );
}
