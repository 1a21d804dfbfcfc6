import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useNavigate } from "react-router";
import type { Queue } from "../../../src/server/api/cells.ts";
import { queuesQuery, studyQuery } from "../api/queries.ts";
import { Dialog } from "../design/dialog.tsx";
import { Waiting } from "../design/feedback.tsx";
import { Kbd } from "../design/kbd.tsx";
import { countText } from "../design/numbers.ts";
import { ProgressBar } from "../design/progress-bar.tsx";
import type { Desk } from "./desk.ts";
import { reviewPath } from "./review-path.ts";
import { firstFocus, useDigits } from "./use-digits.ts";
import { inOrder, QUEUES } from "./wording.ts";

interface QueuesDialogProps {
  readonly desk: Desk;
  readonly studyId: number;
  readonly sampleId: number | undefined;
}

/** Another queue, or the same of one sample. Each goes on where it was left. */
export function QueuesDialog({ desk, studyId, sampleId }: QueuesDialogProps) {
  const navigate = useNavigate();
  const { data } = useQuery(queuesQuery(studyId, sampleId));
  const queues = inOrder(data ?? []);
  const open = (queue: Queue | undefined): void => {
    if (queue === undefined) return;
    desk.closeDialog();
    void navigate(reviewPath(studyId, queue.name, sampleId));
  };
  useDigits((digit) => open(queues[digit - 1]));
  return (
    <Dialog title="Queues" onClose={() => desk.closeDialog()}>
      <div className="stack">
        <SampleChoice desk={desk} studyId={studyId} sampleId={sampleId} />
        {data === undefined && <Waiting />}
        <ul className="queue-list">
          {queues.map((queue, index) => (
            <li key={queue.name}>
              <button
                type="button"
                className="queue-choice"
                aria-current={queue.name === desk.queue}
                {...(queue.name === desk.queue ? { ref: firstFocus } : {})}
                onClick={() => open(queue)}
              >
                <Kbd>{index + 1}</Kbd>
                <span className="queue-words">
                  <strong>{QUEUES[queue.name].title}</strong>
                  <span className="small quiet">{QUEUES[queue.name].about}</span>
                </span>
                <span className="queue-count">
                  {queue.cells === 0 ? (
                    <span className="quiet">empty</span>
                  ) : (
                    <>
                      <span className="small">
                        {countText(queue.reviewed)} of {countText(queue.cells)}
                      </span>
                      <ProgressBar
                        bare
                        label={`${QUEUES[queue.name].title}: reviewed`}
                        done={queue.reviewed}
                        total={queue.cells}
                      />
                    </>
                  )}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function SampleChoice({ desk, studyId, sampleId }: QueuesDialogProps) {
  const id = useId();
  const navigate = useNavigate();
  const { data } = useQuery(studyQuery(studyId));
  if (data === undefined || data.sampleList.length < 2) return null;
  return (
    <div className="row">
      <label htmlFor={id}>Cells of</label>
      <select
        id={id}
        className="input sample-choice"
        value={sampleId ?? ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          void navigate(reviewPath(studyId, desk.queue, chosen === "" ? undefined : Number(chosen)));
        }}
      >
        <option value="">all samples</option>
        {data.sampleList.map((sample) => (
          <option key={sample.id} value={sample.id}>
            {sample.name}
          </option>
        ))}
      </select>
    </div>
  );
}
