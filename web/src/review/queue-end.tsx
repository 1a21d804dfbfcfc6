import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";
import { queuesQuery } from "../api/queries.ts";
import { Button, ButtonLink } from "../design/button.tsx";
import { Kbd } from "../design/kbd.tsx";
import { countOf, countText } from "../design/numbers.ts";
import { ProgressBar } from "../design/progress-bar.tsx";
import type { Desk } from "./desk.ts";
import { reviewPath } from "./review-path.ts";
import { useOutboxState } from "./window-outbox.ts";
import { nextQueue, QUEUES } from "./wording.ts";

interface QueueEndProps {
  readonly desk: Desk;
  readonly studyId: number;
  readonly sampleId: number | undefined;
}

/** After the last cell: what was done, what is left, where to go on. */
export function QueueEnd({ desk, studyId, sampleId }: QueueEndProps) {
  const navigate = useNavigate();
  const page = useRef<HTMLElement>(null);
  const { data } = useQuery(queuesQuery(studyId, sampleId));
  const { waiting } = useOutboxState();
  useEffect(() => page.current?.focus(), []);
  const queue = data?.find(({ name }) => name === desk.queue);
  const left = queue === undefined ? null : queue.cells - queue.reviewed;
  const next = data === undefined ? null : nextQueue(data, desk.queue);
  return (
    <section ref={page} className="queue-end" tabIndex={-1} aria-label="End of the queue">
      <h1>{left === 0 ? `${QUEUES[desk.queue].title}: done` : "End of the queue"}</h1>
      {queue !== undefined && (
        <ProgressBar
          label="Reviewed by you"
          done={queue.reviewed}
          total={queue.cells}
          detail={`${countText(queue.reviewed)} of ${countText(queue.cells)}`}
        />
      )}
      {waiting > 0 && <p role="status">{countOf(waiting, "decision")} not saved yet.</p>}
      {left !== null && left > 0 && <p className="quiet">You passed over {countOf(left, "cell")}.</p>}
      <div className="row">
        {left !== null && left > 0 && (
          <Button look="primary" onClick={() => desk.perform({ do: "next-unreviewed" })}>
            First cell not reviewed <Kbd>F</Kbd>
          </Button>
        )}
        {next !== null && (
          <Button
            look={left === 0 ? "primary" : "plain"}
            onClick={() => void navigate(reviewPath(studyId, next.name, sampleId))}
          >
            {QUEUES[next.name].title}: {countOf(next.cells - next.reviewed, "cell")} left
          </Button>
        )}
        <Button onClick={() => desk.perform({ do: "move", to: "previous" })}>
          Back to the last cell <Kbd>←</Kbd>
        </Button>
        <ButtonLink to={`/studies/${studyId}/results`}>Results</ButtonLink>
      </div>
    </section>
  );
}
