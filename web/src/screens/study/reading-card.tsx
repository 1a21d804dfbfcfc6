import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ReaderSettings } from "../../../../src/server/api/cells.ts";
import { request } from "../../api/client.ts";
import { keys, readerSettingsQuery } from "../../api/queries.ts";
import { CheckField } from "../../design/field.tsx";
import { sayFailure } from "../../design/toast.tsx";

/** How the person in this window reads the study: seeing everything, or blinded. */
export function ReadingCard({ studyId }: { studyId: number }) {
  const queries = useQueryClient();
  const settings = useQuery(readerSettingsQuery(studyId)).data;
  // What was just ticked, until the server has it: the box must not jump back meanwhile.
  const [wanted, setWanted] = useState<boolean | null>(null);
  const change = useMutation({
    mutationFn: (body: ReaderSettings) => request<ReaderSettings>("PUT", `studies/${studyId}/reader`, { body }),
    onSuccess: (saved) => {
      queries.setQueryData(keys.reader(studyId), saved);
      // What must not be seen any more is not kept, nor asked for again.
      if (saved.blinded) queries.removeQueries({ queryKey: keys.audit(studyId) });
      if (saved.blinded) queries.removeQueries({ queryKey: keys.result(studyId) });
      // A blinded reader sees other names and fewer numbers.
      return queries.invalidateQueries({ queryKey: keys.study(studyId) });
    },
    onError: sayFailure,
    onSettled: () => setWanted(null),
  });
  return (
    <section className="card stack-tight" aria-labelledby="reading-title">
      <h2 id="reading-title">Second reader</h2>
      <CheckField
        label="I read this study blinded"
        checked={wanted ?? settings?.blinded ?? false}
        disabled={settings === undefined}
        onChange={(event) => {
          if (settings === undefined || change.isPending) return;
          setWanted(event.target.checked);
          change.mutate({ ...settings, blinded: event.target.checked });
        }}
      />
      <p className="quiet small">
        The model's calls, other readers' decisions and the samples' names stay hidden from you: codes are shown
        instead.
      </p>
    </section>
  );
}
