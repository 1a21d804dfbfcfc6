import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { auditPlanQuery } from "../../api/queries.ts";
import { Button, ButtonLink } from "../../design/button.tsx";
import { countText } from "../../design/numbers.ts";
import { ProgressBar } from "../../design/progress-bar.tsx";
import { AuditDialog, FIRST_PRECISION } from "./audit-dialog.tsx";

/** How far the random audit is, and a way to draw one. */
export function AuditCard({ studyId }: { studyId: number }) {
  const [drawing, setDrawing] = useState(false);
  const negative = useQuery(auditPlanQuery(studyId, "negative", FIRST_PRECISION)).data;
  const positive = useQuery(auditPlanQuery(studyId, "positive", FIRST_PRECISION)).data;
  const drawn = [
    { plan: negative, title: "Called negative", queue: "random-negative" },
    { plan: positive, title: "Called positive", queue: "random-positive" },
  ].filter(({ plan }) => (plan?.drawn ?? 0) > 0);
  return (
    <section className="card stack" aria-labelledby="audit-title">
      <div className="stack-tight">
        <h2 id="audit-title">Audit</h2>
        <p className="quiet small">
          A random sample, read by a person, measures what the model misses and what it calls falsely. The result is
          corrected with it.
        </p>
      </div>
      {drawn.map(({ plan, title, queue }) => (
        <div key={queue} className="audit-line">
          <ProgressBar
            label={title}
            done={plan?.reviewed ?? 0}
            total={plan?.drawn ?? 0}
            detail={`${countText(plan?.reviewed ?? 0)} of ${countText(plan?.drawn ?? 0)} read`}
          />
          <ButtonLink to={`/studies/${studyId}/review/${queue}`} small aria-label={`Read the audit: ${title}`}>
            {plan !== undefined && plan.reviewed >= plan.drawn ? "Look again" : "Read"}
          </ButtonLink>
        </div>
      ))}
      <div>
        <Button onClick={() => setDrawing(true)}>Draw a sample …</Button>
      </div>
      {drawing && <AuditDialog studyId={studyId} onClose={() => setDrawing(false)} />}
    </section>
  );
}
