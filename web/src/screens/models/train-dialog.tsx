import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Job } from "../../../../src/server/api/jobs.ts";
import type { Model, NewTraining, TrainingPlan } from "../../../../src/server/api/models.ts";
import { withJob } from "../../api/caches.ts";
import { failureText, request } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { Note } from "../../design/feedback.tsx";
import { SelectField, TextField } from "../../design/field.tsx";
import { countText } from "../../design/numbers.ts";
import { StudyChoice } from "./study-choice.tsx";

const FIRST_EPOCHS = 15;

/** Which cells, from which model, how long: then a training runs as a job. */
export function TrainDialog({ models, onClose }: { models: readonly Model[]; onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [studyIds, setStudyIds] = useState<number[]>([]);
  const [startFrom, setStartFrom] = useState((models.find(({ inUse }) => inUse) ?? models[0])?.id ?? "");
  const [epochs, setEpochs] = useState(String(FIRST_EPOCHS));
  const plan = useTrainingPlan(studyIds);
  const train = useMutation({
    mutationFn: (body: NewTraining) => request<{ job: Job }>("POST", "models/train", { body }),
    onSuccess: ({ job }) => {
      queries.setQueryData<Job[]>(keys.jobs, (jobs) => withJob(jobs, job));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    train.mutate({ name: name.trim(), studyIds, epochs: Number(epochs), startFrom, seed: 1 });
  };
  return (
    <Dialog title="Train on the cells that were read here" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <StudyChoice legend="Learn from the cells of" chosen={studyIds} onChange={setStudyIds} />
        <PlanSummary plan={studyIds.length === 0 ? undefined : plan.data} error={plan.error} />
        <TextField
          label="Name of the new model"
          value={name}
          onChange={(event) => setName(event.target.value)}
          maxLength={60}
          required
        />
        <div className="train-options">
          <StartField models={models} value={startFrom} onChange={setStartFrom} />
          <TextField
            label="Epochs"
            type="number"
            min={1}
            max={200}
            value={epochs}
            onChange={(event) => setEpochs(event.target.value)}
            required
          />
        </div>
        <p className="quiet small">
          A part of the samples is held out and never learned from: on it the new model is measured and can be compared
          with the old one. The model in use stays until you change it.
        </p>
        {train.isError && <Note tone="danger">{failureText(train.error)}</Note>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            disabled={studyIds.length === 0 || plan.data?.obstacle !== null || train.isPending}
          >
            Train
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

interface StartFieldProps {
  models: readonly Model[];
  value: string;
  onChange: (id: string) => void;
}

function StartField({ models, value, onChange }: StartFieldProps) {
  return (
    <SelectField label="Start from" value={value} onChange={(event) => onChange(event.target.value)}>
      {models.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}

function useTrainingPlan(studyIds: readonly number[]) {
  return useQuery({
    queryKey: ["training-plan", studyIds.toSorted()],
    queryFn: ({ signal }) => request<TrainingPlan>("POST", "models/training-plan", { body: { studyIds }, signal }),
    enabled: studyIds.length > 0,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** Its place is kept before there is a plan. */
function PlanSummary({ plan, error }: { plan: TrainingPlan | undefined; error: Error | null }) {
  if (error !== null) return <Note tone="danger">{failureText(error)}</Note>;
  if (plan === undefined) return <Note tone="quiet">Tick the studies whose cells are to be learned from.</Note>;
  const { labelled, positives, groups, obstacle } = plan;
  if (obstacle !== null) return <Note>{obstacle}</Note>;
  return (
    <Note tone="quiet">
      {countText(labelled)} cells, {countText(positives)} of them with micronuclei, in {countText(groups)} groups that
      are kept whole.
    </Note>
  );
}
