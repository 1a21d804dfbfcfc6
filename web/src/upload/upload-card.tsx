import { Button } from "../design/button.tsx";
import { Note } from "../design/feedback.tsx";
import { bytesText, countOf, countText } from "../design/numbers.ts";
import { ProgressBar } from "../design/progress-bar.tsx";
import { forgetUpload, type RunningUpload } from "./upload-store.ts";

const TITLES: Record<RunningUpload["state"], string> = {
  sending: "Sending images",
  finishing: "Images are being handed over",
  done: "Images sent",
  stopped: "Sending was stopped",
  failed: "Sending failed",
};

const REFUSED_SHOWN = 5;

/** How far an upload is, which files were refused, and how to stop it. */
export function UploadCard({ upload }: { upload: RunningUpload }) {
  const { progress, state, sample, after, failure } = upload;
  const active = state === "sending" || state === "finishing";
  return (
    <section className="card stack-tight" aria-label={`Upload of ${sample}`}>
      <div className="spread">
        <h2>
          {TITLES[state]}: {sample}
          {after > 0 && <span className="quiet">{afterText(state, after)}</span>}
        </h2>
        {active ? (
          <Button small onClick={upload.stop} disabled={state === "finishing"}>
            Stop
          </Button>
        ) : (
          <Button small onClick={() => forgetUpload(upload)}>
            Close
          </Button>
        )}
      </div>
      <ProgressBar
        label={progress.waiting ? "Interrupted; trying again" : "Sent"}
        done={progress.sentBytes}
        total={progress.bytes}
        detail={`${countText(progress.sentFiles)} of ${countOf(progress.files, "image")}, ${bytesText(progress.sentBytes)}`}
      />
      {failure !== null && <Note tone="danger">{failure}</Note>}
      {progress.refused.length > 0 && (
        <Note>
          {countOf(progress.refused.length, "file")} refused:
          <ul className="refused-files">
            {progress.refused.slice(0, REFUSED_SHOWN).map(({ path, reason }) => (
              <li key={path}>
                {path}: {reason}
              </li>
            ))}
          </ul>
          {progress.refused.length > REFUSED_SHOWN && `and ${countText(progress.refused.length - REFUSED_SHOWN)} more`}
        </Note>
      )}
    </section>
  );
}

/** What becomes of the folders after this one; of one that ended by itself, their own cards tell. */
function afterText(state: RunningUpload["state"], after: number): string {
  if (state === "sending" || state === "finishing") return `, then ${countOf(after, "more folder", "more folders")}`;
  return state === "stopped" ? `; ${countOf(after, "more folder", "more folders")} not sent` : "";
}
