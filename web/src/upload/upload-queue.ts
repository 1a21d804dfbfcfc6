import type { ImageFile } from "./image-files.ts";

export interface UploadProgress {
  files: number;
  bytes: number;
  sentFiles: number;
  sentBytes: number;
  /** Files that the server refused, with its reason: the others go on. */
  refused: readonly { path: string; reason: string }[];
  /** Sending was interrupted and is tried again. */
  waiting: boolean;
}

/** What became of sending a file once: a refusal is final, an interruption is tried again. */
export type SendOutcome = { kind: "sent" } | { kind: "refused"; reason: string } | { kind: "interrupted" };

export interface UploadPlan {
  files: readonly ImageFile[];
  /** Sends one file; never throws but when `signal` stops it. */
  send: (file: ImageFile, signal: AbortSignal) => Promise<SendOutcome>;
  /** Waits before the next try after `tries` interruptions in a row. */
  pause: (tries: number, signal: AbortSignal) => Promise<void>;
  onProgress: (progress: UploadProgress) => void;
  signal: AbortSignal;
}

const AT_ONCE = 4;

/**
 * Sends all files, four at a time. A file that was interrupted is sent again until it arrives or is refused: sending one
 * twice does no harm, as its name is its place. Rejects only where `signal` stopped it.
 */
export async function sendFiles(plan: UploadPlan): Promise<UploadProgress> {
  const progress = newProgress(plan.files);
  const rest = plan.files.values();
  const sender = async () => {
    for (const file of rest) await sendUntilSettled(plan, file, progress);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return { ...progress };
}

/**
 * Sends one folder after the other, so that each is scored while the next one arrives. Who stops one has stopped all of
 * them; one that failed is no reason to leave out the others. `send` hears how many come after it.
 */
export async function sendInTurn<Folder>(
  folders: readonly Folder[],
  send: (folder: Folder, after: number) => Promise<"sent" | "failed" | "stopped">,
): Promise<void> {
  for (const [index, folder] of folders.entries())
    if ((await send(folder, folders.length - index - 1)) === "stopped") return;
}

async function sendUntilSettled(plan: UploadPlan, file: ImageFile, progress: UploadProgress): Promise<void> {
  for (let tries = 0; ; tries++) {
    plan.signal.throwIfAborted();
    const outcome = await plan.send(file, plan.signal);
    plan.signal.throwIfAborted();
    progress.waiting = outcome.kind === "interrupted";
    if (outcome.kind !== "interrupted") {
      settle(progress, file, outcome);
      plan.onProgress({ ...progress });
      return;
    }
    plan.onProgress({ ...progress });
    await plan.pause(tries + 1, plan.signal);
  }
}

function settle(progress: UploadProgress, { path, file }: ImageFile, outcome: SendOutcome): void {
  if (outcome.kind === "refused") progress.refused = [...progress.refused, { path, reason: outcome.reason }];
  else progress.sentFiles++;
  progress.sentBytes += file.size;
}

export function newProgress(files: readonly ImageFile[]): UploadProgress {
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  return { files: files.length, bytes, sentFiles: 0, sentBytes: 0, refused: [], waiting: false };
}
