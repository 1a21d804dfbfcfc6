import { useEffect } from "react";
import type { Desk } from "./desk.ts";
import { type Action, actionOfKey } from "./keys.ts";

/** The keys of the review screen, wherever the focus is; what is being typed, and open dialogs, keep theirs. */
export function useKeys(desk: Desk): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector("dialog[open], :popover-open") !== null) return;
      const action = actionOfKey(event);
      if (action === null || belongsTo(event.target, event.key, action)) return;
      event.preventDefault();
      desk.perform(action);
    };
    window.addEventListener("keydown", onKey);
    window.addEventListener("mousedown", leaveFocus);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("mousedown", leaveFocus);
    };
  }, [desk]);
}

/** What is clicked on the screen must not take the focus: the next Space or Enter would press it again. */
function leaveFocus(event: MouseEvent): void {
  if (event.target instanceof Element && event.target.closest(":is(.review, .top-bar) :is(button, summary)") !== null)
    if (event.target.closest("dialog, [popover]") === null) event.preventDefault();
}

/** Whether the focused control itself wants the key: letters in a field, arrows on a slider, Space and Enter on a button. */
function belongsTo(target: EventTarget | null, key: string, action: Action): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "range") return action.do === "move" && key !== " ";
  if (target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]")) return true;
  return (key === "Enter" || key === " ") && target.closest("button, a, summary, input") !== null;
}
