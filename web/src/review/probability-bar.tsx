import type { Cell } from "../../../src/server/api/cells.ts";
import { callInWords } from "./wording.ts";

interface ProbabilityBarProps {
  readonly cell: Cell;
  /** From here on a cell is called positive; null where it is not known yet. */
  readonly threshold: number | null;
}

/** The model's probability on a line from 0 to 1, with the threshold of its call. Nothing where there is no prediction. */
export function ProbabilityBar({ cell, threshold }: ProbabilityBarProps) {
  if (cell.probability === null || cell.outcome === null) return null;
  const percent = `${cell.probability * 100}%`;
  return (
    <section className="panel-part" aria-label={`Model: ${callInWords(cell)}`}>
      <div className="probability-text">
        <span className={`call call-${cell.outcome}`}>
          <span className="call-mark" aria-hidden="true" />
          {cell.outcome === "flagged" ? "Flagged" : `Called ${cell.outcome}`}
        </span>
        <strong>{cell.probability.toFixed(3)}</strong>
      </div>
      <div className={`probability probability-${cell.outcome}`} aria-hidden="true">
        <div className="probability-fill" style={{ width: percent }} />
        {threshold !== null && <div className="probability-threshold" style={{ left: `${threshold * 100}%` }} />}
      </div>
      {/* Its line is there from the start: what is below does not move when the threshold arrives. */}
      <p className="small quiet">{threshold === null ? "\u00a0" : `Positive from ${threshold.toFixed(3)} on`}</p>
    </section>
  );
}
