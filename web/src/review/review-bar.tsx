import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { queuesQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { Kbd } from "../design/kbd.tsx";
import { countText } from "../design/numbers.ts";
import { ProgressBar } from "../design/progress-bar.tsx";
import { sayFailure } from "../design/toast.tsx";
import type { Desk } from "./desk.ts";
import { LiveResult } from "./live-result.tsx";
import { pacePerMinute } from "./pace.ts";
import { SaveState } from "./save-state.tsx";
import { useBlinding } from "./use-blinding.ts";
import { useDesk, useTotal } from "./use-desk.ts";
import { QUEUES } from "./wording.ts";

interface ReviewBarProps {
  readonly desk: Desk;
  readonly studyId: number;
  readonly sampleId: number | undefined;
  readonly blinded: boolean;
}

/** The line above the cells: which queue and how far, what comes out of it, what is saved, how it is shown. */
export function ReviewBar({ desk, studyId, sampleId, blinded }: ReviewBarProps) {
  const view = useDesk(desk, (state) => state.settings.view);
  const place = useDesk(desk, (state) => state.place);
  const total = useTotal(desk) ?? 0;
  return (
    <div className="review-bar">
      <Button look="quiet" className="queue-button" onClick={() => desk.open("queues")}>
        <strong>{QUEUES[desk.queue].title}</strong> <Kbd>Q</Kbd>
      </Button>
      <QueueProgress desk={desk} studyId={studyId} sampleId={sampleId} />
      {total > 0 && (
        <span className="review-place">
          {countText(Math.min(place + 1, total))} <span className="quiet">of {countText(total)}</span>
        </span>
      )}
      {blinded ? (
        <span
          className="badge badge-accent"
          title="The model's calls and the other readers' labels are hidden from you"
        >
          Blinded
        </span>
      ) : (
        <LiveResult desk={desk} studyId={studyId} />
      )}
      {desk.queue === "second" && !blinded && <ReadBlinded studyId={studyId} />}
      <SaidLine desk={desk} />
      <Pace desk={desk} />
      <SaveState />
      <div className="review-tools">
        <Button small aria-pressed={view === "cell"} onClick={() => desk.perform({ do: "toggle-view" })}>
          {view === "cell" ? "Gallery" : "One cell"} <Kbd>G</Kbd>
        </Button>
        <Button small look="quiet" onClick={() => desk.open("settings")}>
          View
        </Button>
        <Button small look="quiet" aria-label="All keys" onClick={() => desk.open("keys")}>
          <Kbd>?</Kbd>
        </Button>
      </div>
    </div>
  );
}

/** A second reading tells how far readers agree only where the second one does not see the first. */
function ReadBlinded({ studyId }: { readonly studyId: number }) {
  const change = useBlinding(studyId);
  return (
    <Button
      small
      look="primary"
      title="Hides the model's calls, the other readers' labels and the samples' names from you"
      disabled={change.isPending}
      onClick={() => change.mutate(true, { onError: sayFailure })}
    >
      Read blinded
    </Button>
  );
}

function QueueProgress({ desk, studyId, sampleId }: Omit<ReviewBarProps, "blinded">) {
  const { data } = useQuery(queuesQuery(studyId, sampleId));
  const queue = data?.find(({ name }) => name === desk.queue);
  if (queue === undefined) return null;
  return (
    <div className="queue-progress" title={`${countText(queue.reviewed)} of ${countText(queue.cells)} reviewed by you`}>
      <ProgressBar bare label="Reviewed by you" done={queue.reviewed} total={queue.cells} />
      <span className="small quiet wide-only">{countText(queue.reviewed)} reviewed</span>
    </div>
  );
}

/** What was just done, for the eye and for screen readers. */
function SaidLine({ desk }: { readonly desk: Desk }) {
  const { text, serial, refused } = useDesk(desk, (state) => state.said);
  const searching = useDesk(desk, (state) => state.searching);
  return (
    <span className={refused ? "said said-refusal" : "said"} role="status" aria-live="polite" aria-atomic="true">
      {/* A new element is announced even where the sentence is the same. */}
      <span key={serial}>{searching ? "Searching …" : text}</span>
    </span>
  );
}

function Pace({ desk }: { readonly desk: Desk }) {
  const times = useDesk(desk, (state) => state.decidedAt);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  const pace = pacePerMinute(times, Math.max(now, times.at(-1) ?? 0));
  if (pace === null) return null;
  return <span className="pace quiet">{Math.round(pace)} a minute</span>;
}
