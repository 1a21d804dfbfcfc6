import { QueryCache, QueryClient } from "@tanstack/react-query";
import type { ServerEvent } from "../../../src/server/api/events.ts";
import type { Job } from "../../../src/server/api/jobs.ts";
import { ApiFailure } from "./client.ts";
import { keys } from "./queries.ts";

/** While labels arrive many a second, counts and results are read again at most this often. */
const REFRESH_MS = 700;

/** The queries' caches. What the server says in events keeps them fresh, so that nothing is asked again for nothing. */
export function createQueryClient(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // Logged out elsewhere, or locked: who is there has to be asked again.
        if (isUnknown(error) && query.queryKey[0] !== keys.session[0])
          void queries.invalidateQueries({ queryKey: keys.session });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 60_000,
        // The server may be this very machine: a browser that believes itself offline must ask all the same.
        networkMode: "always",
        retry: (count, error) => !(error instanceof ApiFailure) && count < 2,
        refetchOnWindowFocus: false,
      },
      mutations: { networkMode: "always" },
    },
  });
  return queries;
}

/** The server does not know this window: it has no key, or nobody is logged in. */
export function isUnknown(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 401;
}

/** After a gap: everything that is shown is read again. Lists of cells are left to their screen, which keeps its place. */
export function readAgain(queries: QueryClient): void {
  void queries.invalidateQueries();
}

/** What an event says, into the caches. */
export function applyEvent(queries: QueryClient, event: ServerEvent): void {
  switch (event.kind) {
    case "hello":
      return;
    case "job":
      applyJob(queries, event.job);
      return;
    case "labels":
      refreshSoon(queries, event.studyId, false);
      return;
    case "study":
      refreshSoon(queries, event.studyId, true);
      return;
    case "models":
      void queries.invalidateQueries({ queryKey: keys.models });
  }
}

function applyJob(queries: QueryClient, job: Job): void {
  const before = queries.getQueryData<Job[]>(keys.jobs)?.find(({ id }) => id === job.id);
  queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, job));
  if (before?.state === job.state) return;
  if (job.studyId !== null) refreshSoon(queries, job.studyId, true);
  if (job.kind === "train" && job.state === "finished") void queries.invalidateQueries({ queryKey: keys.models });
}

/** The list with one job's newest state: in its place, or last where it is new. */
export function withJob(jobs: readonly Job[] | undefined, job: Job): Job[] {
  if (jobs === undefined) return [job];
  return jobs.some(({ id }) => id === job.id) ? jobs.map((old) => (old.id === job.id ? job : old)) : [...jobs, job];
}

const waiting = new Map<number, { cells: boolean }>();

/** Reads a study's counts, queues and result again, and its lists of cells where `cells`: once for many events. */
function refreshSoon(queries: QueryClient, studyId: number, cells: boolean): void {
  const pending = waiting.get(studyId);
  if (pending !== undefined) {
    pending.cells ||= cells;
    return;
  }
  waiting.set(studyId, { cells });
  setTimeout(() => {
    const cellsToo = waiting.get(studyId)?.cells ?? false;
    waiting.delete(studyId);
    void queries.invalidateQueries({ queryKey: keys.studies });
    void queries.invalidateQueries({
      queryKey: keys.study(studyId),
      predicate: ({ queryKey }) => cellsToo || queryKey[2] !== "cells",
    });
  }, REFRESH_MS);
}
