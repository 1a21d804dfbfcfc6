import { useCallback, useSyncExternalStore } from "react";
import type { Cell, Labelled, NewLabel, Undo } from "../../../src/server/api/cells.ts";
import { ApiFailure, failureText, request } from "../api/client.ts";
import { connectionState, onConnectionChange } from "../api/connection.ts";
import { currentReader } from "../api/reader.ts";
import { type Decision, Outbox, type OutboxState, type SendFailure } from "./outbox.ts";
import { indexedDbStore } from "./outbox-store.ts";

/** A server that takes longer is as good as gone: the same decisions are sent again. */
const PATIENCE_MILLISECONDS = 15_000;

let outbox: Outbox | null = null;

/** The outbox of this window; the first call takes up what an earlier window left. */
export function windowOutbox(): Outbox {
  if (outbox !== null) return outbox;
  const started = new Outbox({
    store: indexedDbStore(indexedDB),
    send,
    failureOf,
    mayBeSent: (reader) => reader === currentReader(),
    newKey,
    now: Date.now,
    soon: (act) => setTimeout(act),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
  outbox = started;
  void started.start();
  onConnectionChange(() => {
    if (connectionState() === "live") started.retry();
  });
  window.addEventListener("beforeunload", (event) => {
    if (started.state.waiting > 0) event.preventDefault();
  });
  return started;
}

export function useOutboxState(): OutboxState {
  return useSyncExternalStore(subscribeState, readState);
}

/** The latest decision on a cell that is not saved yet. */
export function usePending(cellId: number): Decision | undefined {
  const subscribe = useCallback((listener: () => void) => windowOutbox().subscribeCell(cellId, listener), [cellId]);
  return useSyncExternalStore(subscribe, () => windowOutbox().pendingOf(cellId));
}

function subscribeState(listener: () => void): () => void {
  return windowOutbox().subscribe(listener);
}

function readState(): OutboxState {
  return windowOutbox().state;
}

async function send(batch: readonly Decision[]): Promise<readonly Cell[]> {
  const [head] = batch;
  if (head === undefined) return [];
  const signal = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const path = `studies/${head.studyId}/labels`;
  if (head.kind === "undo") {
    const body: Undo = { key: head.key, cellId: head.cellId };
    return (await request<Labelled>("POST", `${path}/undo`, { body, signal })).cells;
  }
  const labels = batch.flatMap((decision) => (decision.kind === "label" ? [asLabel(decision)] : []));
  return (await request<Labelled>("POST", path, { body: { labels }, signal })).cells;
}

function asLabel({ key, cellId, finding, micronuclei, reason, queue }: Decision & { kind: "label" }): NewLabel {
  return { key, cellId, finding, micronuclei, reason, queue };
}

/** 401: log in again. Another 4xx is the server's last word; 408 and 429 ask to come again. */
function failureOf(error: unknown): SendFailure {
  const message = failureText(error);
  if (!(error instanceof ApiFailure)) return { kind: "gone", message };
  if (error.status === 401) return { kind: "locked", message };
  const final = error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
  return { kind: final ? "refused" : "gone", message };
}

/** A random UUID (RFC 9562, version 4), also where the page came over plain HTTP and `randomUUID` is missing. */
function newKey(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
