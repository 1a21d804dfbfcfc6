import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Job } from "../../../../src/server/api/jobs.ts";
import type { Model, NewComparison } from "../../../../src/server/api/models.ts";
import { withJob } from "../../api/caches.ts";
import { failureText, request } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { Note } from "../../design/feedback.tsx";
import { SelectField } from "../../design/field.tsx";
import { StudyChoice } from "./study-choice.tsx";

/** Two models and the studies whose held-out cells they are measured on. */
export function CompareDialog({ models, onClose }: { models: readonly Model[]; onClose: () => void }) {
  const queries = useQueryClient();
  const inUse = models.find((model) => model.inUse) ?? models[0];
  const [first, setFirst] = useState(inUse?.id ?? "");
  const [second, setSecond] = useState(models.findLast((model) => model !== inUse)?.id ?? "");
  const [studyIds, setStudyIds] = useState<number[]>([]);
  const compare = useMutation({
    mutationFn: (body: NewComparison) => request<{ job: Job }>("POST", "models/compare", { body }),
    onSuccess: ({ job }) => {
      queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, job));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    compare.mutate({ modelIds: [first, second], studyIds });
  };
  return (
    <Dialog title="Compare two models" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <ModelField label="First" models={models} value={first} onChange={setFirst} />
        <ModelField label="Second" models={models} value={second} onChange={setSecond} />
        <StudyChoice legend="On cells of" chosen={studyIds} onChange={setStudyIds} />
        <p className="quiet small">Only cells that neither of the two learned from are counted.</p>
        {compare.isError && <Note tone="danger">{failureText(compare.error)}</Note>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            disabled={first === second || studyIds.length === 0 || compare.isPending}
          >
            Compare
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

interface ModelFieldProps {
  label: string;
  models: readonly Model[];
  value: string;
  onChange: (id: string) => void;
}

function ModelField({ label, models, value, onChange }: ModelFieldProps) {
  return (
    <SelectField label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {models.map(({ id, name, inUse }) => (
        <option key={id} value={id}>
          {name}
          {inUse ? " (in use)" : ""}
        </option>
      ))}
    </SelectField>
  );
}
