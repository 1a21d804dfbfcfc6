import { type FormEvent, useState } from "react";
import { Button } from "../design/button.tsx";
import { Dialog, DialogActions } from "../design/dialog.tsx";
import { Field } from "../design/field.tsx";
import { Kbd } from "../design/kbd.tsx";
import { countText } from "../design/numbers.ts";
import type { Desk } from "./desk.ts";
import { KEY_HELP } from "./keys.ts";
import { firstFocus, useDigits } from "./use-digits.ts";
import { REASONS } from "./wording.ts";

/** Why a cell cannot be scored: a key for the usual reasons, or the reader's own words. */
export function ReasonDialog({ desk }: { readonly desk: Desk }) {
  const [words, setWords] = useState("");
  const choose = (reason: string): void => {
    desk.closeDialog();
    desk.decide("unscorable", null, reason);
  };
  useDigits((digit) => {
    const reason = REASONS[digit - 1];
    if (reason !== undefined) choose(reason);
  });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (words.trim() !== "") choose(words.trim());
  };
  return (
    <Dialog title="Why can this cell not be scored?" onClose={() => desk.closeDialog()}>
      <form className="stack" onSubmit={onSubmit}>
        <div className="reasons">
          {REASONS.map((reason, index) => (
            <Button key={reason} onClick={() => choose(reason)}>
              <Kbd>{index + 1}</Kbd> {reason}
            </Button>
          ))}
        </div>
        <Field label="Or in your own words, then Enter">
          {(control) => (
            <input
              {...control}
              ref={firstFocus}
              className="input"
              value={words}
              maxLength={200}
              autoComplete="off"
              onChange={(event) => setWords(event.currentTarget.value)}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={() => desk.closeDialog()}>Back</Button>
          <Button type="submit" look="primary" disabled={words.trim() === ""}>
            Unscorable
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

export function JumpDialog({ desk }: { readonly desk: Desk }) {
  const [words, setWords] = useState("");
  const place = Number(words);
  const fits = /^\d+$/.test(words) && place >= 1 && place <= desk.total;
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!fits) return;
    desk.closeDialog();
    desk.goTo(place - 1);
  };
  return (
    <Dialog title="Jump to a cell" onClose={() => desk.closeDialog()}>
      <form className="stack" onSubmit={onSubmit}>
        <Field
          label={`Number of the cell in this queue, 1 to ${countText(desk.total)}`}
          error={words === "" || fits ? undefined : `There are cells 1 to ${countText(desk.total)}.`}
        >
          {(control) => (
            <input
              {...control}
              ref={firstFocus}
              className="input"
              value={words}
              inputMode="numeric"
              autoComplete="off"
              onChange={(event) => setWords(event.currentTarget.value.replaceAll(/[\s,.]/g, ""))}
            />
          )}
        </Field>
        <DialogActions>
          <Button onClick={() => desk.closeDialog()}>Back</Button>
          <Button type="submit" look="primary" disabled={!fits}>
            Jump
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

export function KeysDialog({ desk }: { readonly desk: Desk }) {
  return (
    <Dialog title="Keys" wide onClose={() => desk.closeDialog()}>
      <div className="key-lists">
        {KEY_HELP.map(({ title, rows }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl className="key-list">
              {rows.map(({ keys, does }) => (
                <div key={does}>
                  <dt>
                    {keys.map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
