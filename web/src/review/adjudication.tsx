import type { Explanation } from "../../../src/server/api/explanation.ts";
import { findingInWords } from "./wording.ts";

interface AdjudicationProps {
  readonly labels: Explanation["labels"] | null;
  readonly reader: string;
}

/** What each reader found, side by side, for the one who decides. */
export function Adjudication({ labels, reader }: AdjudicationProps) {
  const standing = (labels ?? []).filter(({ withdrawn }) => !withdrawn);
  const latest = new Map(standing.map((label) => [label.reader, label]));
  const decided = standing.findLast(({ queue }) => queue === "disagreements");
  return (
    <section className="panel-part">
      <h3>{decided === undefined ? "Readers disagree: decide with the same keys" : "Decided"}</h3>
      <ul className="readings">
        {[...latest.values()].map((label) => (
          <li key={label.reader} className={`reading reading-${label.finding}`}>
            <span className="small quiet">
              {label.reader === reader ? "You" : label.reader}
              {label.queue === "disagreements" && " (decision)"}
            </span>
            <strong>{findingInWords(label)}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}
