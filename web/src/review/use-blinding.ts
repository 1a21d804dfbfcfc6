import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReaderSettings } from "../../../src/server/api/cells.ts";
import { request } from "../api/client.ts";
import { keys } from "../api/queries.ts";

/** Begins or ends this reader's blinded reading of a study; everything that is shown is then read again. */
export function useBlinding(studyId: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (blinded: boolean) =>
      request<ReaderSettings>("PUT", `studies/${studyId}/reader`, { body: { blinded } }),
    onSuccess: (settings) => {
      queries.setQueryData(keys.reader(studyId), settings);
      void queries.invalidateQueries();
    },
  });
}
