import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Job } from "../../../src/server/api/jobs.ts";
import { applyEvent, createQueryClient, withJob } from "./caches.ts";
import { keys } from "./queries.ts";

const JOB: Job = {
  id: "one",
  kind: "score",
  title: "Score",
  studyId: 7,
  state: "running",
  stage: "Scoring",
  done: 1,
  total: 10,
  detail: "",
  secondsLeft: null,
  startedAt: null,
  endedAt: null,
  startedBy: "Ann",
  unreadable: 0,
  failure: null,
  epochs: [],
  modelId: null,
  comparisonId: null,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Caches that hold a study's overview, result and cells, and which of those are to be read again. */
function filledCaches() {
  const queries = createQueryClient();
  const held = { overview: keys.overview(7), result: keys.result(7), cells: keys.cells(7), other: keys.overview(8) };
  for (const key of Object.values(held)) queries.setQueryData(key, {});
  const stale = () =>
    Object.entries(held).flatMap(([name, key]) => (queries.getQueryState(key)?.isInvalidated ? [name] : []));
  return { queries, stale };
}

test("a job's newest state takes the place of its older one, and a new job comes last", () => {
  const other = { ...JOB, id: "two" };
  expect(withJob([JOB, other], { ...JOB, done: 5 }).map(({ id, done }) => [id, done])).toEqual([
    ["one", 5],
    ["two", 1],
  ]);
  expect(withJob([JOB], other).map(({ id }) => id)).toEqual(["one", "two"]);
  expect(withJob(undefined, JOB)).toEqual([JOB]);
});

test("labels have counts and results of their study read again, but not its lists of cells", () => {
  const { queries, stale } = filledCaches();
  applyEvent(queries, { kind: "labels", studyId: 7, by: "Bob", cells: [] });
  vi.runAllTimers();
  expect(stale()).toEqual(["overview", "result"]);
});

test("a hundred labels are one reading", () => {
  const { queries } = filledCaches();
  const read = vi.spyOn(queries, "invalidateQueries");
  for (let label = 0; label < 100; label++) applyEvent(queries, { kind: "labels", studyId: 7, by: "Bob", cells: [] });
  vi.runAllTimers();
  expect(read.mock.calls.filter(([filters]) => filters?.queryKey?.[0] === "study")).toHaveLength(1);
});

test("a changed study has its cells read again too, also where labels came first", () => {
  const { queries, stale } = filledCaches();
  applyEvent(queries, { kind: "labels", studyId: 7, by: "Bob", cells: [] });
  applyEvent(queries, { kind: "study", studyId: 7 });
  vi.runAllTimers();
  expect(stale()).toEqual(["overview", "result", "cells"]);
});

test("a job's progress is kept without reading anything again; its end has the study read again", () => {
  const { queries, stale } = filledCaches();
  queries.setQueryData(keys.jobs, [JOB]);
  applyEvent(queries, { kind: "job", job: { ...JOB, done: 9 } });
  vi.runAllTimers();
  expect(queries.getQueryData<Job[]>(keys.jobs)?.[0]?.done).toBe(9);
  expect(stale()).toEqual([]);
  applyEvent(queries, { kind: "job", job: { ...JOB, state: "finished" } });
  vi.runAllTimers();
  expect(stale()).toEqual(["overview", "result", "cells"]);
});
