import { useSyncExternalStore } from "react";
import { failureText } from "../api/client.ts";
import { IconButton } from "./button.tsx";
import { CloseIcon } from "./icons.tsx";

interface Message {
  id: number;
  text: string;
  tone: "good" | "danger";
}

const GOOD_STAYS_MS = 5_000;
const MOST_AT_ONCE = 4;

let messages: readonly Message[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

/** Says that something was done: goes away by itself. */
export function say(text: string): void {
  const id = add(text, "good");
  setTimeout(() => dismiss(id), GOOD_STAYS_MS);
}

/** Says what went wrong: stays until it is closed. The same words are not said twice. */
export function sayFailure(error: unknown): void {
  const text = failureText(error);
  if (!messages.some((message) => message.text === text)) add(text, "danger");
}

/** Where messages appear; once a page. */
export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => messages);
  return (
    <div className="toasts" role="log" aria-live="polite" aria-label="Messages">
      {shown.map(({ id, text, tone }) => (
        <div key={id} className={`toast toast-${tone}`}>
          <span>{text}</span>
          <IconButton name="Close message" small onClick={() => dismiss(id)}>
            <CloseIcon />
          </IconButton>
        </div>
      ))}
    </div>
  );
}

function add(text: string, tone: Message["tone"]): number {
  const id = nextId++;
  change([...messages, { id, text, tone }].slice(-MOST_AT_ONCE));
  return id;
}

function dismiss(id: number): void {
  change(messages.filter((message) => message.id !== id));
}

function change(next: readonly Message[]): void {
  messages = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
