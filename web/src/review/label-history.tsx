import type { Explanation } from "../../../src/server/api/explanation.ts";
import { findingInWords, QUEUES } from "./wording.ts";

interface LabelHistoryProps {
  readonly labels: Explanation["labels"] | null;
  readonly reader: string;
}

/** Everything that was said of the cell, the latest first; what was taken back is struck out. */
export function LabelHistory({ labels, reader }: LabelHistoryProps) {
  if (labels === null || labels.length === 0) return null;
  return (
    <section className="panel-part">
      <h3>Labels</h3>
      <ol className="history">
        {labels.toReversed().map((label) => (
          <li key={label.id} className={label.withdrawn ? "history-withdrawn" : undefined}>
            <span className="history-what">
              {label.withdrawn ? <s>{findingInWords(label)}</s> : findingInWords(label)}
              {label.withdrawn && <span className="hidden-label"> (taken back)</span>}
            </span>
            <span className="small quiet">
              {label.reader === reader ? "you" : label.reader} · {timeInWords(label.at)}
              {queueTitle(label.queue)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function timeInWords(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" });
}

function queueTitle(queue: string | null): string {
  const known = Object.entries(QUEUES).find(([name]) => name === queue)?.[1];
  return known === undefined ? "" : ` · ${known.title.toLowerCase()}`;
}
