import { expect, test } from "vitest";
import { WorkerThread } from "../../src/core/worker-calls.ts";
import type { SlowHandlers } from "./slow-worker.ts";

test("closing waits for the calls under way: native code must not lose its thread in the middle of a run", async () => {
  const thread = new WorkerThread<SlowHandlers>("./slow-worker", import.meta.url);
  const calls = ["first", "second"].map((text) => thread.call("echoAfter", { milliseconds: 100, text }));
  await thread.close();
  expect(await Promise.allSettled(calls)).toEqual([
    { status: "fulfilled", value: "first" },
    { status: "fulfilled", value: "second" },
  ]);
  await expect(thread.call("echoAfter", { milliseconds: 0, text: "late" })).rejects.toThrow("closed");
});
