import type { Label } from "../../../src/server/api/cells.ts";
import type { Explanation } from "../../../src/server/api/explanation.ts";
import { findingInWords } from "./wording.ts";

interface AdjudicationProps {
  readonly labels: Explanation["labels"] | null;
  readonly reader: string;
}

/** What each reader found, side by side, for the one who decides. */
export function Adjudication({ labels, reader }: AdjudicationProps) {
  const standing = (labels ?? []).filter(({ withdrawn }) => !withdrawn);
  const readings = new Map(standing.filter((label) => !isDecision(label)).map((label) => [label.reader, label]));
  const decision = standing.findLast(isDecision);
  return (
    <section className="panel-part">
      <h3>{decision === undefined ? "Readers disagree: decide with the same keys" : "Readers disagreed"}</h3>
      <ul className="readings">
        {[...readings.values()].map((label) => (
          <Reading key={label.id} label={label} by={label.reader === reader ? "You" : label.reader} />
        ))}
        {decision !== undefined && (
          <Reading label={decision} by={`Decided by ${decision.reader === reader ? "you" : decision.reader}`} />
        )}
      </ul>
    </section>
  );
}

function Reading({ label, by }: { readonly label: Label; readonly by: string }) {
  return (
    <li className={`reading reading-${label.finding}`}>
      <span className="small quiet">{by}</span>
      <strong>{findingInWords(label)}</strong>
    </li>
  );
}

function isDecision({ queue }: Label): boolean {
  return queue === "disagreements";
}
