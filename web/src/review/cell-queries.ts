import { queryOptions } from "@tanstack/react-query";
import type { Explanation, Occlusion, SimilarCells } from "../../../src/server/api/explanation.ts";
import { get, request } from "../api/client.ts";

const SIMILAR_CELLS = 6;

/** What is read about one cell. Kept for a while after it left the screen: one often steps back. */
export function explanationQuery(cellId: number) {
  return queryOptions({
    queryKey: ["cell", cellId, "explanation"],
    queryFn: ({ signal }) => get<Explanation>(`cells/${cellId}/explanation`, signal),
    gcTime: 60_000,
  });
}

/** Computed when asked for: some hundred passes of the network. */
export function occlusionQuery(cellId: number) {
  return queryOptions({
    queryKey: ["cell", cellId, "occlusion"],
    queryFn: ({ signal }) => request<Occlusion>("POST", `cells/${cellId}/occlusion`, { body: {}, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
}

export function similarQuery(cellId: number) {
  return queryOptions({
    queryKey: ["cell", cellId, "similar"],
    queryFn: ({ signal }) => get<SimilarCells>(`cells/${cellId}/similar?count=${SIMILAR_CELLS}`, signal),
    gcTime: 60_000,
  });
}
