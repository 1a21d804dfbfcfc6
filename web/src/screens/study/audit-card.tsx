import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AuditPlan } from "../../../../src/server/api/cells.ts";
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
  ].flatMap(({ plan, ...rest }) => (plan !== undefined && plan.drawn > 0 ? [{ plan, ...rest }] : []));
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
        <AuditLine key={queue} plan={plan} title={title} address={`/studies/${studyId}/review/${queue}`} />
      ))}
      <div>
        <Button onClick={() => setDrawing(true)}>Draw a sample …</Button>
      </div>
      {drawing && <AuditDialog studyId={studyId} onClose={() => setDrawing(false)} />}
    </section>
  );
}

function AuditLine({ plan, title, address }: { plan: AuditPlan; title: string; address: string }) {
  const { reviewed, drawn } = plan;
  const action = reviewed >= drawn ? "Look again" : "Read";
  return (
    <div className="audit-line">
      <ProgressBar
        label={title}
        done={reviewed}
        total={drawn}
        detail={`${countText(reviewed)} of ${countText(drawn)} read`}
      />
      <ButtonLink to={address} small aria-label={`${action}: ${title}, the audit`}>
        {action}
      </ButtonLink>
    </div>
  );
}
