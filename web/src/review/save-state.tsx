import { useEffect, useState } from "react";
import { Button } from "../design/button.tsx";
import { Dialog, DialogActions } from "../design/dialog.tsx";
import { countOf, countText } from "../design/numbers.ts";
import type { OutboxState } from "./outbox.ts";
import { type SavedCells, withSaved } from "./saved-cells.ts";
import { useSettled } from "./use-settled.ts";
import { useOutboxState, windowOutbox } from "./window-outbox.ts";
import { findingInWords } from "./wording.ts";

/** A decision that is answered sooner is never shown as under way: a word that flickers at every key tires the eye. */
const SLOW_MILLISECONDS = 400;

const NOTHING_YET: SavedCells = new Map();

/** How many cells of this visit are decided on the server's disk, and what is not: under way, kept here, or refused. */
export function SaveState() {
  const state = useOutboxState();
  const saved = useSavedCount();
  const [reading, setReading] = useState(false);
  const slow = useSettled(state.waiting > 0, SLOW_MILLISECONDS) && state.waiting > 0;
  return (
    <div className="save-state">
      <span className={`save-words ${toneOf(state)}`} role="status">
        {wordsOf(state, slow, saved)}
      </span>
      {state.refused.length > 0 && (
        <Button small look="danger" onClick={() => setReading(true)}>
          {countOf(state.refused.length, "decision")} refused
        </Button>
      )}
      {reading && state.refused.length > 0 && <Refused state={state} onClose={() => setReading(false)} />}
    </div>
  );
}

function wordsOf({ waiting, connection, lasting, ofOthers }: OutboxState, slow: boolean, saved: number): string {
  const kept = lasting ? "kept here" : "kept only while this window is open";
  const others = ofOthers > 0 ? ` · ${countText(ofOthers)} of another reader wait here` : "";
  if (waiting > 0 && connection === "locked") return `${countText(waiting)} not saved yet, ${kept}. Log in again.`;
  if (waiting > 0 && connection === "gone") return `${countText(waiting)} not saved yet, ${kept}${others}`;
  return `${countText(saved)} saved${slow ? ` · saving ${countText(waiting)}` : ""}${others}`;
}

function toneOf({ waiting, connection }: OutboxState): string {
  return waiting > 0 && connection !== "open" ? "save-kept" : "save-calm";
}

/** Cells with a decision that the server has written since the review screen was opened. */
function useSavedCount(): number {
  const [saved, setSaved] = useState<SavedCells>(NOTHING_YET);
  useEffect(() => windowOutbox().onSaved((decisions) => setSaved((before) => withSaved(before, decisions))), []);
  return saved.size;
}

function Refused({ state, onClose }: { readonly state: OutboxState; readonly onClose: () => void }) {
  return (
    <Dialog title="The server refused these decisions" onClose={onClose}>
      <ul className="refused">
        {state.refused.map(({ decision, message }) => (
          <li key={decision.key}>
            <strong>
              Cell {decision.cellId}: {decision.kind === "undo" ? "take back" : findingInWords(decision)}
            </strong>
            <p className="small">{message}</p>
          </li>
        ))}
      </ul>
      <p className="small quiet">They are not written anywhere else. Note what you need before you give them up.</p>
      <DialogActions>
        <Button onClick={onClose}>Keep them here</Button>
        <Button look="danger" onClick={() => windowOutbox().dismissRefused()}>
          Give them up
        </Button>
      </DialogActions>
    </Dialog>
  );
}
