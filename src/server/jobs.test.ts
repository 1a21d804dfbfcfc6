import { expect, test, vi } from "vitest";
import { ImageError } from "../core/errors.ts";
import type { Job } from "./api/jobs.ts";
import { type JobResult, Jobs, type JobTask, type NewJob } from "./jobs.ts";

const NOON = () => new Date("2026-03-04T12:00:00.000Z");

function queue() {
  const published: Job[] = [];
  const jobs = new Jobs({ now: NOON, publish: (job) => published.push(job) });
  return { jobs, published };
}

function work(run: (task: JobTask) => Promise<JobResult>, settled?: () => Promise<void>): NewJob {
  return { kind: "score", title: "Score", studyId: 7, startedBy: "Ana", run, ...(settled && { settled }) };
}

/** Work that lasts until it is stopped. */
const untilStopped = ({ signal }: JobTask) =>
  new Promise<JobResult>((resolve) => {
    if (signal.aborted) resolve({ finished: false });
    signal.addEventListener("abort", () => resolve({ finished: false }));
  });

test("jobs run one at a time, in the order in which they came", async () => {
  const { jobs } = queue();
  const seen: string[] = [];
  const step = (name: string) =>
    work(async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(`${name} ends`);
      return { finished: true };
    });
  const [first, second] = [jobs.add(step("first")), jobs.add(step("second"))];
  expect([first.state, second.state]).toEqual(["waiting", "waiting"]);
  await jobs.idle();
  expect(seen).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(jobs.find(second.id)).toMatchObject({ state: "finished", startedAt: NOON().toISOString(), secondsLeft: null });
});

test("a failure keeps its code, and the next job runs", async () => {
  const { jobs } = queue();
  const failing = jobs.add(
    work(async () => {
      throw new ImageError("IMAGE_EMPTY", "nothing in it");
    }),
  );
  const broken = jobs.add(
    work(async () => {
      throw new Error("a fault");
    }),
  );
  const next = jobs.add(work(async () => ({ finished: true })));
  await jobs.idle();
  expect(jobs.find(failing.id)).toMatchObject({
    state: "failed",
    failure: { code: "IMAGE_EMPTY", message: "nothing in it" },
  });
  expect(jobs.find(broken.id).failure).toEqual({ code: "UNEXPECTED", message: "a fault" });
  expect(jobs.find(next.id).state).toBe("finished");
  expect(() => jobs.find("nothing")).toThrow(expect.objectContaining({ code: "JOB_MISSING" }));
});

test("a running job is stopped by its signal; a waiting one never begins", async () => {
  const { jobs } = queue();
  const settled = vi.fn(async () => {});
  const begun = vi.fn(async () => ({ finished: true }));
  const running = jobs.add(work(untilStopped, settled));
  const waiting = jobs.add(work(begun, settled));
  await Promise.resolve();
  expect(jobs.stop(waiting.id).state).toBe("stopped");
  jobs.stop(running.id);
  await jobs.idle();
  expect([jobs.find(running.id).state, jobs.find(waiting.id).state]).toEqual(["stopped", "stopped"]);
  expect(begun).not.toHaveBeenCalled();
  expect(settled).toHaveBeenCalledTimes(2);
});

test("closing breaks work off without settling it, so that a restarted server can take it up", async () => {
  const { jobs } = queue();
  const settled = vi.fn(async () => {});
  jobs.add(work(untilStopped, settled));
  await new Promise((resolve) => setTimeout(resolve));
  await jobs.close();
  expect(settled).not.toHaveBeenCalled();
});

test("progress is told five times a second at most, and its last word always", async () => {
  const { jobs, published } = queue();
  const job = jobs.add(
    work(async ({ reportProgress, note }) => {
      for (let done = 1; done <= 1000; done++) reportProgress({ stage: "Scoring", done, total: 1000 });
      note({ unreadable: 3 });
      await new Promise((resolve) => setTimeout(resolve, 250));
      return { finished: true };
    }),
  );
  await jobs.idle();
  // Waiting, running, one after the pause, finished; a second's worth of time would allow five more.
  expect(published.length).toBeLessThanOrEqual(6);
  expect(published.at(-1)).toMatchObject({ id: job.id, state: "finished", done: 1000, unreadable: 3 });
});

test("the time left follows from the speed so far: 25 of 100 in two seconds leave six", async () => {
  const { jobs } = queue();
  vi.useFakeTimers({ toFake: ["performance"] });
  let estimate: number | null = null;
  const job = jobs.add(
    work(async ({ reportProgress }) => {
      reportProgress({ stage: "Scoring", done: 0, total: 100 });
      vi.advanceTimersByTime(2000);
      reportProgress({ stage: "Scoring", done: 25, total: 100 });
      estimate = jobs.find(job.id).secondsLeft;
      return { finished: true };
    }),
  );
  await jobs.idle();
  vi.useRealTimers();
  expect(estimate).toBeCloseTo(6, 6);
});

test("a study's job is found while it waits or runs", async () => {
  const { jobs } = queue();
  const job = jobs.add(work(untilStopped));
  expect(jobs.workingOn(7)?.id).toBe(job.id);
  expect(jobs.workingOn(8)).toBeNull();
  jobs.stop(job.id);
  await jobs.idle();
  expect(jobs.workingOn(7)).toBeNull();
});
