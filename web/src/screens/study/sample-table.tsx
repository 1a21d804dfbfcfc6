import { Link } from "react-router";
import type { Sample, Study } from "../../../../src/server/api/studies.ts";
import { Badge } from "../../design/badge.tsx";
import { countOf, countText } from "../../design/numbers.ts";
import { ProgressBar } from "../../design/progress-bar.tsx";
import { cellsToScore } from "../study-words.ts";

/** The study's samples: what is known of each, and how far the work on it is. */
export function SampleTable({ study, blinded }: { study: Study; blinded: boolean }) {
  const samples = study.sampleList;
  const showsRole = samples.some(({ role, treatment }) => role !== null || treatment !== null);
  const showsDose = samples.some(({ dose }) => dose !== null);
  return (
    <section className="card stack" aria-labelledby="samples-title">
      <h2 id="samples-title">Samples</h2>
      <div className="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Sample</th>
              {showsRole && <th scope="col">Part in the study</th>}
              {showsDose && (
                <th scope="col" className="number">
                  Dose
                </th>
              )}
              <th scope="col" className="number">
                Cells
              </th>
              <th scope="col" className="sample-bar">
                Scored
              </th>
              <th scope="col" className="sample-bar">
                {blinded ? "Read" : "Positive calls checked"}
              </th>
              <th scope="col" className="number">
                Unreadable
              </th>
              <th scope="col">
                <span className="hidden-label">Read</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {samples.map((sample) => (
              <SampleLine
                key={sample.id}
                studyId={study.id}
                sample={sample}
                blinded={blinded}
                showsRole={showsRole}
                showsDose={showsDose}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

interface SampleLineProps {
  studyId: number;
  sample: Sample;
  blinded: boolean;
  showsRole: boolean;
  showsDose: boolean;
}

function SampleLine({ studyId, sample, blinded, showsRole, showsDose }: SampleLineProps) {
  const { progress, slides } = sample;
  // A blinded reader is not told how many calls are positive.
  const [read, toRead] = blinded
    ? [progress.reviewed, cellsToScore(progress)]
    : [progress.positiveReviewed, progress.calledPositive];
  return (
    <tr>
      <th scope="row">
        {sample.name}
        {slides.length > 1 && <span className="quiet small"> {countText(slides.length)} slides</span>}
        {sample.excluded !== null && (
          <>
            {" "}
            <Badge tone="warning">left out: {sample.excluded}</Badge>
          </>
        )}
      </th>
      {showsRole && <td>{[sample.role, sample.treatment].filter(Boolean).join(", ")}</td>}
      {showsDose && (
        <td className="number">{sample.dose === null ? "" : `${sample.dose} ${sample.doseUnit ?? ""}`.trim()}</td>
      )}
      <td className="number">
        {countText(progress.cells)}
        {progress.duplicates > 0 && <div className="quiet small">{countOf(progress.duplicates, "duplicate")}</div>}
      </td>
      <td>
        <ProgressBar label={`${sample.name}: scored`} bare done={progress.scored} total={cellsToScore(progress)} />
      </td>
      <td>
        <div className="sample-positive">
          <ProgressBar
            label={`${sample.name}: ${blinded ? "cells read" : "positive calls checked"}`}
            bare
            done={read}
            total={toRead}
          />
          <span className="small">
            {countText(read)} of {countText(toRead)}
          </span>
        </div>
      </td>
      <td className="number">{countText(progress.unreadable)}</td>
      <td className="number">
        <Link
          to={`/studies/${studyId}/review/${blinded ? "all" : "positive"}?sample=${sample.id}`}
          aria-label={`Read ${sample.name}`}
        >
          Read
        </Link>
      </td>
    </tr>
  );
}
