import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import type { NewStudy, StudySummary } from "../../../../src/server/api/studies.ts";
import { failureText, request } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { TextField } from "../../design/field.tsx";
import { KINDS } from "../study-words.ts";

const KIND_ORDER = ["frequency", "biodosimetry", "genotoxicity"] as const;

/** Makes an empty study and goes there. */
export function NewStudyDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [title, setTitle] = useState("");
  const [kind, setKind] = useState<NewStudy["kind"]>("frequency");
  const create = useMutation({
    mutationFn: (body: NewStudy) => request<StudySummary>("POST", "studies", { body }),
    onSuccess: async (study) => {
      void queries.invalidateQueries({ queryKey: keys.studies });
      await navigate(`/studies/${study.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name: name.trim(), title: title.trim(), kind });
  };
  return (
    <Dialog title="New study" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          label="Name"
          hint="Short, as on the slides' labels."
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={create.isError ? failureText(create.error) : undefined}
          maxLength={100}
          required
        />
        <TextField
          label="Title"
          hint="For the report; may be left empty."
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          maxLength={200}
        />
        <fieldset className="choices">
          <legend>What is it for?</legend>
          {KIND_ORDER.map((one) => (
            <label key={one} className="check">
              <input type="radio" name="kind" checked={kind === one} onChange={() => setKind(one)} />
              <span>
                <span className="strong">{KINDS[one].title}.</span> <span className="quiet">{KINDS[one].about}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={name.trim() === "" || create.isPending}>
            Make the study
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
