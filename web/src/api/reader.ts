import { useSyncExternalStore } from "react";

const THIS_WINDOW = "reader";
const LAST_NAME = "last-reader";

const listeners = new Set<() => void>();

/**
 * The name with which this window labels, or null before it was said. Each window has its own: two readers can share a
 * machine. With accounts the account's name is set here after the log-in.
 */
export function currentReader(): string | null {
  return sessionStorage.getItem(THIS_WINDOW);
}

/** The name that was last used on this machine: a suggestion for a new window. */
export function lastReader(): string {
  return localStorage.getItem(LAST_NAME) ?? "";
}

export function setReader(name: string | null): void {
  if (name === null) sessionStorage.removeItem(THIS_WINDOW);
  else {
    sessionStorage.setItem(THIS_WINDOW, name);
    localStorage.setItem(LAST_NAME, name);
  }
  for (const listener of listeners) listener();
}

export function useReader(): string | null {
  return useSyncExternalStore(subscribe, currentReader);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
