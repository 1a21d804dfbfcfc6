import type { Cell, Label } from "../../../src/server/api/cells.ts";
import type { Decision } from "./outbox.ts";
import { findingInWords, findingSign } from "./wording.ts";

/** What the model says: a mark whose form tells the call without colour, and the probability. */
export function CallBadge({ cell }: { readonly cell: Cell }) {
  if (cell.outcome === null) return null;
  const text = cell.probability === null ? cell.outcome : cell.probability.toFixed(2);
  return (
    <span className={`call call-${cell.outcome}`} title={`Model: ${cell.outcome}`}>
      <span className="call-mark" aria-hidden="true" />
      {text}
    </span>
  );
}

interface LabelBadgesProps {
  readonly cell: Cell;
  readonly pending: Decision | undefined;
  readonly reader: string;
}

/** What persons say: the reader's own label, solid only once it is on the server's disk, and the one that counts. */
export function LabelBadges({ cell, pending, reader }: LabelBadgesProps) {
  const other = cell.label !== null && cell.label.reader !== reader ? cell.label : null;
  return (
    <span className="labels">
      {cell.disagreement && (
        <span className="disagree" title="Readers disagree">
          ≠
        </span>
      )}
      {other !== null && <OtherLabel label={other} />}
      {pending === undefined ? (
        cell.ownLabel !== null && <OwnLabel label={cell.ownLabel} />
      ) : (
        <Pending decision={pending} />
      )}
    </span>
  );
}

function OwnLabel({ label }: { readonly label: Label }) {
  return (
    <span className={`mark mark-${label.finding}`} title={`You: ${findingInWords(label)}`}>
      {findingSign(label)}
    </span>
  );
}

function OtherLabel({ label }: { readonly label: Label }) {
  return (
    <span className="mark mark-other" title={`${label.reader}: ${findingInWords(label)} (counts)`}>
      {findingSign(label)}
      <span className="mark-reader">{initials(label.reader)}</span>
    </span>
  );
}

function Pending({ decision }: { readonly decision: Decision }) {
  if (decision.kind === "undo")
    return (
      <span className="mark mark-pending" title="Taken back; not saved yet">
        …
      </span>
    );
  return (
    <span className={`mark mark-pending mark-${decision.finding}`} title={`${findingInWords(decision)}; not saved yet`}>
      {findingSign(decision)}
    </span>
  );
}

/** The reader's own label in words, for the corner of the stage; nothing where there is none. */
export function StageLabel({ cell, pending }: Omit<LabelBadgesProps, "reader">) {
  if (pending !== undefined)
    return (
      <span className="stage-label stage-label-pending">
        {pending.kind === "undo" ? "taken back" : findingInWords(pending)} …
      </span>
    );
  if (cell.ownLabel === null) return null;
  return <span className={`stage-label stage-label-${cell.ownLabel.finding}`}>{findingInWords(cell.ownLabel)}</span>;
}

/** "Anna Berg" -> "AB", "kim" -> "K". */
function initials(name: string): string {
  return name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}
