import { useQuery } from "@tanstack/react-query";
import type { Queue } from "../../../../src/server/api/cells.ts";
import { queuesQuery } from "../../api/queries.ts";
import { ButtonLink } from "../../design/button.tsx";
import { Failed, Waiting } from "../../design/feedback.tsx";
import { countText } from "../../design/numbers.ts";
import { ProgressBar } from "../../design/progress-bar.tsx";
import { QUEUE_ORDER, QUEUES } from "../../review/wording.ts";
import { nextQueue } from "./next-queue.ts";

/** The ways through the study's cells, in the order in which one would go them. */
export function QueueList({ studyId }: { studyId: number }) {
  const queues = useQuery(queuesQuery(studyId));
  return (
    <section className="card stack" aria-labelledby="queues-title">
      <h2 id="queues-title">To be read</h2>
      {queues.isPending && <Waiting />}
      {queues.isError && queues.data === undefined && <Failed error={queues.error} retry={queues.refetch} />}
      {queues.data !== undefined && <Queues studyId={studyId} queues={queues.data} />}
    </section>
  );
}

function Queues({ studyId, queues }: { studyId: number; queues: readonly Queue[] }) {
  const filled = QUEUE_ORDER.flatMap((name) => queues.find((queue) => queue.name === name && queue.cells > 0) ?? []);
  const next = nextQueue(filled);
  if (filled.length === 0) return <p className="quiet">Nothing to read yet.</p>;
  return (
    <ul className="queue-list">
      {filled.map((queue) => (
        <QueueLine key={queue.name} studyId={studyId} queue={queue} isNext={queue.name === next} />
      ))}
    </ul>
  );
}

function QueueLine({ studyId, queue, isNext }: { studyId: number; queue: Queue; isNext: boolean }) {
  const { title, about } = QUEUES[queue.name];
  const action = actionOf(queue);
  return (
    <li className="queue-line">
      <div className="queue-words">
        <span className="strong">{title}</span>
        <span className="quiet small">{about}</span>
      </div>
      <ProgressBar label={`${title}: read`} bare done={queue.reviewed} total={queue.cells} />
      <span className="queue-count small">
        {countText(queue.reviewed)} of {countText(queue.cells)}
      </span>
      <ButtonLink
        to={`/studies/${studyId}/review/${queue.name}`}
        small
        look={isNext ? "primary" : "plain"}
        aria-label={`${action}: ${title}`}
      >
        {action}
      </ButtonLink>
    </li>
  );
}

function actionOf({ position, reviewed, cells }: Queue): string {
  if (reviewed >= cells) return "Look again";
  return position === null && reviewed === 0 ? "Begin" : "Go on";
}
