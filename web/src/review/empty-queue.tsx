import type { QueueName } from "../../../src/server/api/cells.ts";
import { Button, ButtonLink } from "../design/button.tsx";
import { EmptyState } from "../design/feedback.tsx";
import { Kbd } from "../design/kbd.tsx";
import type { Desk } from "./desk.ts";
import { QUEUES } from "./wording.ts";

/** Why a queue is empty, and how cells come into it. */
const WHY: Readonly<Record<QueueName, string>> = {
  all: "This study has no cells yet. Bring images on the study's page.",
  uncertain: "No cell of this study has been scored yet.",
  positive: "The model called no cell positive, or has not scored the cells yet.",
  "random-negative": "No audit sample has been drawn yet. The study's page suggests how many cells it takes.",
  "random-positive": "No audit sample has been drawn yet. The study's page suggests how many cells it takes.",
  second: "Nobody has labelled a cell yet that you could read a second time.",
  disagreements: "No two readers have found different things.",
  flagged: "No cell is unlike what the model was trained on.",
  unreadable: "All files could be read.",
};

export function EmptyQueue({ desk, studyId }: { readonly desk: Desk; readonly studyId: number }) {
  return (
    <EmptyState
      title={`${QUEUES[desk.queue].title}: no cells`}
      action={
        <div className="row">
          <Button onClick={() => desk.open("queues")}>
            Other queues <Kbd>Q</Kbd>
          </Button>
          <ButtonLink to={`/studies/${studyId}`}>Study</ButtonLink>
        </div>
      }
    >
      {WHY[desk.queue]}
    </EmptyState>
  );
}
