import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Job } from "../../../src/server/api/jobs.ts";
import type { Upload } from "../../../src/server/api/studies.ts";
import { withJob } from "../api/caches.ts";
import { ApiFailure, failureText, NoAnswer, request } from "../api/client.ts";
import { keys } from "../api/queries.ts";
import { countOf } from "../design/numbers.ts";
import { say } from "../design/toast.tsx";
import type { Batch } from "./brought-folders.ts";
import type { BroughtFiles, ImageFile } from "./image-files.ts";
import { newProgress, type SendOutcome, sendFiles, sendInTurn, type UploadProgress } from "./upload-queue.ts";

/** An upload of this window. It goes on while other screens are shown; a reload ends it. */
export interface RunningUpload {
  id: number;
  studyId: number;
  sample: string;
  /** Folders that are sent after this one. */
  after: number;
  progress: UploadProgress;
  state: "sending" | "finishing" | "done" | "stopped" | "failed";
  failure: string | null;
  stop: () => void;
}

/** Files that wait for the person to say where they belong; `studyId` where that is clear already. */
export interface UploadOffer extends BroughtFiles {
  studyId: number | null;
}

interface Uploads {
  offer: UploadOffer | null;
  running: readonly RunningUpload[];
}

const LONGEST_PAUSE_MS = 5_000;
/** Small files arrive by the hundred a second: the screen follows at this pace. */
const SHOW_EVERY_MS = 120;

let nextId = 1;
let uploads: Uploads = { offer: null, running: [] };
const listeners = new Set<() => void>();

export function useUploads(): Uploads {
  return useSyncExternalStore(subscribe, () => uploads);
}

/** Opens the question where the files belong; without files it asks for them too. */
export function offerFiles(offer: UploadOffer | null): void {
  change({ ...uploads, offer });
}

/** Takes an upload that ended off the list. */
export function forgetUpload(upload: RunningUpload): void {
  change({ ...uploads, running: uploads.running.filter((one) => one !== upload) });
}

export async function startUploads(queries: QueryClient, studyId: number, batches: readonly Batch[]): Promise<void> {
  await sendInTurn(batches, (batch, after) => startUpload(queries, studyId, batch, after));
}

/**
 * Sends the files to the study and has them imported and scored; what happens is seen in `useUploads`.
 * One that went well leaves the list by itself.
 */
async function startUpload(
  queries: QueryClient,
  studyId: number,
  { place, images: files }: Batch,
  after: number,
): Promise<"sent" | "failed" | "stopped"> {
  const stop = new AbortController();
  let current: RunningUpload = {
    id: nextId++,
    studyId,
    sample: place.sample,
    after,
    progress: newProgress(files),
    state: "sending",
    failure: null,
    stop: () => stop.abort(),
  };
  change({ ...uploads, running: [...uploads.running, current] });
  const update = (changes: Partial<RunningUpload>) => {
    const next = { ...current, ...changes };
    change({ ...uploads, running: uploads.running.map((one) => (one === current ? next : one)) });
    current = next;
  };
  let shown = 0;
  const show = (progress: UploadProgress) => {
    if (performance.now() - shown < SHOW_EVERY_MS) return;
    shown = performance.now();
    update({ progress });
  };
  try {
    const address = `studies/${studyId}/uploads`;
    const { id } = await request<Upload>("POST", address, { signal: stop.signal });
    const sent = await sendFiles({
      files,
      send: (file, signal) => sendFile(`${address}/${id}`, file, signal),
      pause,
      onProgress: show,
      signal: stop.signal,
    });
    if (sent.sentFiles === 0) throw new Error(sent.refused[0]?.reason ?? "There was no file to send.");
    update({ state: "finishing", progress: sent });
    const { job } = await request<{ job: Job }>("POST", `${address}/${id}/finish`, { body: place });
    queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, job));
    void queries.invalidateQueries({ queryKey: keys.study(studyId) });
    if (sent.refused.length > 0) update({ state: "done" });
    else {
      say(`${countOf(sent.sentFiles, "image")} of ${place.sample} sent.`);
      forgetUpload(current);
    }
    return "sent";
  } catch (error) {
    const state = stop.signal.aborted ? "stopped" : "failed";
    update({ state, failure: state === "failed" ? failureText(error) : null });
    return state;
  }
}

async function sendFile(upload: string, { path, file }: ImageFile, signal: AbortSignal): Promise<SendOutcome> {
  try {
    await request<Upload>("PUT", `${upload}/files?name=${encodeURIComponent(path)}`, { body: file, signal });
    return { kind: "sent" };
  } catch (error) {
    if (error instanceof ApiFailure) return { kind: "refused", reason: error.message };
    // A file that was moved or changed since it was chosen cannot be read; that looks like a broken connection.
    if (error instanceof NoAnswer && !(await isReadable(file)))
      return { kind: "refused", reason: "The file can no longer be read on this computer." };
    return { kind: "interrupted" };
  }
}

async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function pause(tries: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.min(250 * 2 ** tries, LONGEST_PAUSE_MS));
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

function change(next: Uploads): void {
  uploads = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Leaving the page would end what is being sent: the browser asks first.
addEventListener("beforeunload", (event) => {
  if (uploads.running.some(({ state }) => state === "sending" || state === "finishing")) event.preventDefault();
});
