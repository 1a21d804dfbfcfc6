import { expect, test } from "vitest";
import type { ImageFile } from "./image-files.ts";
import { type SendOutcome, sendFiles, sendInTurn, type UploadPlan, type UploadProgress } from "./upload-queue.ts";

function files(count: number): ImageFile[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `${index}.png`,
    file: new File(["abc"], `${index}.png`),
  }));
}

function plan(changes: Partial<UploadPlan>): UploadPlan {
  return {
    files: files(10),
    send: async () => ({ kind: "sent" }),
    pause: async () => {},
    onProgress: () => {},
    signal: new AbortController().signal,
    ...changes,
  };
}

test("every file is sent once, and never more than four at a time", async () => {
  const sent: string[] = [];
  let open = 0;
  let mostOpen = 0;
  const send = async ({ path }: ImageFile): Promise<SendOutcome> => {
    mostOpen = Math.max(mostOpen, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    sent.push(path);
    return { kind: "sent" };
  };
  const progress = await sendFiles(plan({ send }));
  expect(sent.toSorted()).toEqual(
    files(10)
      .map(({ path }) => path)
      .toSorted(),
  );
  expect(mostOpen).toBe(4);
  expect(progress).toEqual({ files: 10, bytes: 30, sentFiles: 10, sentBytes: 30, refused: [], waiting: false });
});

test("an interrupted file is sent again until it arrives, with growing pauses", async () => {
  let interruptions = 3;
  const pauses: number[] = [];
  const seen: boolean[] = [];
  const progress = await sendFiles(
    plan({
      files: files(1),
      send: async () => (interruptions-- > 0 ? { kind: "interrupted" } : { kind: "sent" }),
      pause: async (tries) => void pauses.push(tries),
      onProgress: ({ waiting }: UploadProgress) => seen.push(waiting),
    }),
  );
  expect(pauses).toEqual([1, 2, 3]);
  expect(seen).toEqual([true, true, true, false]);
  expect(progress.sentFiles).toBe(1);
});

test("a refused file is listed with its reason and the others go on", async () => {
  const send = async ({ path }: ImageFile): Promise<SendOutcome> =>
    path === "4.png" ? { kind: "refused", reason: "too large" } : { kind: "sent" };
  const progress = await sendFiles(plan({ send }));
  expect(progress.refused).toEqual([{ path: "4.png", reason: "too large" }]);
  expect(progress.sentFiles).toBe(9);
  expect(progress.sentBytes).toBe(30);
});

test("a stopped upload sends nothing more", async () => {
  const stop = new AbortController();
  let sent = 0;
  const send = async (): Promise<SendOutcome> => {
    if (++sent === 3) stop.abort();
    return { kind: "sent" };
  };
  await expect(sendFiles(plan({ send, signal: stop.signal }))).rejects.toThrow();
  expect(sent).toBeLessThanOrEqual(4);
});

test("who stops one of several folders has stopped those after it, too; one that fails leaves the others to come", async () => {
  const begun: [string, number][] = [];
  const sendAs =
    (outcomes: Readonly<Record<string, "failed" | "stopped">>) =>
    async (folder: string, after: number): Promise<"sent" | "failed" | "stopped"> => {
      begun.push([folder, after]);
      return outcomes[folder] ?? "sent";
    };
  await sendInTurn(["A", "B", "C"], sendAs({ B: "stopped" }));
  expect(begun.splice(0)).toEqual([
    ["A", 2],
    ["B", 1],
  ]);
  await sendInTurn(["A", "B", "C"], sendAs({ B: "failed" }));
  expect(begun.map(([folder]) => folder)).toEqual(["A", "B", "C"]);
});
