import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Job } from "../../../../src/server/api/jobs.ts";
import type { Study } from "../../../../src/server/api/studies.ts";
import { withJob } from "../../api/caches.ts";
import { failureText, request } from "../../api/client.ts";
import { keys, modelsQuery } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { Note } from "../../design/feedback.tsx";
import { SelectField } from "../../design/field.tsx";
import { countOf } from "../../design/numbers.ts";
import { cellsToScore } from "../study-words.ts";

/** Has the study scored with a model of the workspace. */
export function ScoreDialog({ study, onClose }: { study: Study; onClose: () => void }) {
  const queries = useQueryClient();
  const models = useQuery(modelsQuery).data;
  const [chosen, setChosen] = useState<string | null>(null);
  const modelId = chosen ?? models?.find(({ inUse }) => inUse)?.id ?? models?.[0]?.id;
  const score = useMutation({
    mutationFn: () => request<{ job: Job }>("POST", `studies/${study.id}/score`, { body: { modelId } }),
    onSuccess: ({ job }) => {
      queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, job));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    score.mutate();
  };
  return (
    <Dialog title="Score the study" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <SelectField
          label="Model"
          value={modelId ?? ""}
          onChange={(event) => setChosen(event.target.value)}
          disabled={models === undefined}
        >
          {models?.map(({ id, name, inUse }) => (
            <option key={id} value={id}>
              {name}
              {inUse ? " (in use)" : ""}
              {id === study.scoring?.modelId ? " (these cells were scored with it)" : ""}
            </option>
          ))}
        </SelectField>
        <p className="quiet">
          {countOf(cellsToScore(study.progress), "cell")} will be scored. Your decisions stay as they are; the model's
          calls are replaced by the new model's.
        </p>
        {score.isError && <Note tone="danger">{failureText(score.error)}</Note>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={modelId === undefined || score.isPending}>
            Score
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
