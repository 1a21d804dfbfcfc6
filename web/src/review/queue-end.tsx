import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useRef } from "react";
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

/** After the last cell: what was done, what is left, where to go on. Enter goes on as the coloured button does. */
export function QueueEnd({ desk, studyId, sampleId }: QueueEndProps) {
  const navigate = useNavigate();
  const page = useRef<HTMLElement>(null);
  const { data } = useQuery(queuesQuery(studyId, sampleId));
  const { waiting } = useOutboxState();
  useEffect(() => page.current?.focus(), []);
  const results = `/studies/${studyId}/results`;
  const queue = data?.find(({ name }) => name === desk.queue);
  const left = queue === undefined ? null : queue.cells - queue.reviewed;
  const next = data === undefined ? null : nextQueue(data, desk.queue);
  const passedOver = left !== null && left > 0;
  const goOn = (): void => {
    if (passedOver) desk.perform({ do: "next-unreviewed" });
    else if (left === 0) void navigate(next === null ? results : reviewPath(studyId, next.name, sampleId));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // On a button or link, Enter presses that one. A key held since the last cell must not lead on from here.
    if (event.key !== "Enter" || event.repeat || event.target !== page.current) return;
    event.preventDefault();
    goOn();
  };
  return (
    <section ref={page} className="queue-end" tabIndex={-1} aria-label="End of the queue" onKeyDown={onKeyDown}>
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
      {passedOver && <p className="quiet">You passed over {countOf(left, "cell")}.</p>}
      <div className="row">
        {passedOver && (
          <Button look="primary" onClick={goOn}>
            First cell not reviewed <Kbd>F</Kbd> <Kbd>⏎</Kbd>
          </Button>
        )}
        {next !== null && (
          <Button
            look={left === 0 ? "primary" : "plain"}
            onClick={() => void navigate(reviewPath(studyId, next.name, sampleId))}
          >
            {QUEUES[next.name].title}: {countOf(next.cells - next.reviewed, "cell")} left {left === 0 && <Kbd>⏎</Kbd>}
          </Button>
        )}
        <Button onClick={() => desk.perform({ do: "move", to: "previous" })}>
          Back to the last cell <Kbd>←</Kbd>
        </Button>
        <ButtonLink to={results} look={left === 0 && next === null ? "primary" : "plain"}>
          Results {left === 0 && next === null && <Kbd>⏎</Kbd>}
        </ButtonLink>
      </div>
    </section>
  );
}
