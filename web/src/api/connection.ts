import { useSyncExternalStore } from "react";

/** `lost`: the last thing known is that the server did not answer. */
export type ConnectionState = "connecting" | "live" | "lost";

let state: ConnectionState = "connecting";
const listeners = new Set<() => void>();

export function connectionState(): ConnectionState {
  return state;
}

/** The server answered something. */
export function noteAnswer(): void {
  change("live");
}

/** A request found nobody. */
export function noteSilence(): void {
  change("lost");
}

/** Calls `listener` after every change of the state; answers the function that ends it. */
export function onConnectionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): ConnectionState {
  return useSyncExternalStore(onConnectionChange, connectionState);
}

function change(next: ConnectionState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}
