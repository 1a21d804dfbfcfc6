import type { QueryClient } from "@tanstack/react-query";
import type { ServerEvent } from "../../../src/server/api/events.ts";
import { applyEvent, readAgain } from "./caches.ts";
import { answerTo, requestHeaders } from "./client.ts";
import { noteSilence } from "./connection.ts";
import { readEvents } from "./event-stream.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 4_000;
/** The server sends a sign of life every 15 s. A longer silence is a connection that broke without a word: a machine that slept. */
const LONGEST_SILENCE_MS = 40_000;

const listeners = new Set<(event: ServerEvent) => void>();

/** Calls `listener` with every event of the server, after the caches know it; answers the function that ends it. */
export function onServerEvent(listener: (event: ServerEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Follows `GET /api/events` until the answered function is called: every event goes to the query caches and the listeners.
 * A broken stream is opened again, after 0.25 s at first and 4 s at most; what was missed meanwhile is read again.
 *
 * Not an EventSource: that cannot say in a header who is reading, and gives up for good on some failures.
 */
export function followEvents(queries: QueryClient): () => void {
  const stop = new AbortController();
  void follow(queries, stop.signal);
  return () => stop.abort();
}

async function follow(queries: QueryClient, signal: AbortSignal): Promise<void> {
  let wait = FIRST_WAIT_MS;
  let firstTime = true;
  while (!signal.aborted) {
    const opened = await readStream(signal, (event) => {
      if (event.kind === "hello") {
        if (!firstTime) readAgain(queries);
        firstTime = false;
        wait = FIRST_WAIT_MS;
      }
      applyEvent(queries, event);
      for (const listener of listeners) listener(event);
    });
    if (signal.aborted) return;
    if (opened) noteSilence();
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Reads one connection to its end; true where it had been opened. */
async function readStream(signal: AbortSignal, take: (event: ServerEvent) => void): Promise<boolean> {
  let opened = false;
  const silence = new AbortController();
  let alarm = setTimeout(() => silence.abort(), LONGEST_SILENCE_MS);
  try {
    const headers = { ...requestHeaders(), accept: "text/event-stream" };
    const either = AbortSignal.any([signal, silence.signal]);
    const response = await answerTo("events", { method: "GET", headers, signal: either, cache: "no-store" });
    if (!response.ok || response.body === null) return false;
    opened = true;
    let text = "";
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), LONGEST_SILENCE_MS);
      const { data, rest } = readEvents(text + piece);
      text = rest;
      for (const document of data) take(JSON.parse(document) as ServerEvent);
    }
  } catch {
    // Broken off, or never opened: the caller tries again.
  } finally {
    clearTimeout(alarm);
  }
  return opened;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
