import { queryOptions } from "@tanstack/react-query";
import type { AuditPlan, Queue, ReaderSettings } from "../../../src/server/api/cells.ts";
import type { Job } from "../../../src/server/api/jobs.ts";
import type { Comparison, Model } from "../../../src/server/api/models.ts";
import type { StudyResult } from "../../../src/server/api/results.ts";
import type { Account, Session } from "../../../src/server/api/session.ts";
import type { Study, StudySummary } from "../../../src/server/api/studies.ts";
import { get } from "./client.ts";

/**
 * Keys of the query caches. Everything of one study begins with `["study", id]`, so that one call reads it again;
 * lists of cells (`["study", id, "cells", ...]`) are kept up to date by the review screen itself.
 */
export const keys = {
  session: ["session"],
  accounts: ["accounts"],
  studies: ["studies"],
  jobs: ["jobs"],
  models: ["models"],
  study: (id: number) => ["study", id],
  overview: (id: number) => ["study", id, "overview"],
  queues: (id: number) => ["study", id, "queues"],
  result: (id: number) => ["study", id, "result"],
  reader: (id: number) => ["study", id, "reader"],
  audit: (id: number) => ["study", id, "audit"],
  cells: (id: number) => ["study", id, "cells"],
} as const;

export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: ({ signal }) => get<Session>("session", signal),
});

export const accountsQuery = queryOptions({
  queryKey: keys.accounts,
  queryFn: async ({ signal }) => (await get<{ accounts: Account[] }>("accounts", signal)).accounts,
});

export const studiesQuery = queryOptions({
  queryKey: keys.studies,
  queryFn: async ({ signal }) => (await get<{ studies: StudySummary[] }>("studies", signal)).studies,
});

export const jobsQuery = queryOptions({
  queryKey: keys.jobs,
  queryFn: async ({ signal }) => (await get<{ jobs: Job[] }>("jobs", signal)).jobs,
});

export const modelsQuery = queryOptions({
  queryKey: keys.models,
  queryFn: async ({ signal }) => (await get<{ models: Model[] }>("models", signal)).models,
});

export function studyQuery(id: number) {
  return queryOptions({
    queryKey: keys.overview(id),
    queryFn: ({ signal }) => get<Study>(`studies/${id}`, signal),
  });
}

export function queuesQuery(id: number, sampleId?: number) {
  return queryOptions({
    queryKey: [...keys.queues(id), sampleId ?? null],
    queryFn: async ({ signal }) =>
      (await get<{ queues: Queue[] }>(`studies/${id}/queues${queryText({ sampleId })}`, signal)).queues,
  });
}

export function resultQuery(id: number) {
  return queryOptions({
    queryKey: keys.result(id),
    queryFn: ({ signal }) => get<StudyResult>(`studies/${id}/result`, signal),
  });
}

/** How the asking reader reads this study. */
export function readerSettingsQuery(id: number) {
  return queryOptions({
    queryKey: keys.reader(id),
    queryFn: ({ signal }) => get<ReaderSettings>(`studies/${id}/reader`, signal),
  });
}

export function auditPlanQuery(id: number, called: "positive" | "negative", precision: number) {
  return queryOptions({
    queryKey: [...keys.audit(id), called, precision],
    queryFn: ({ signal }) => get<AuditPlan>(`studies/${id}/audit${queryText({ called, precision })}`, signal),
  });
}

export function comparisonQuery(id: string) {
  return queryOptions({
    queryKey: ["comparison", id],
    queryFn: ({ signal }) => get<Comparison>(`comparisons/${id}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** `?a=1&b=x` of the values that are there; empty without any. */
export function queryText(values: Record<string, string | number | undefined>): string {
  const present = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, `${value}`]]));
  return present.length === 0 ? "" : `?${new URLSearchParams(present)}`;
}
