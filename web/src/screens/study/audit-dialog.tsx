import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import type { AuditPlan, NewAudit } from "../../../../src/server/api/cells.ts";
import { failureText, request } from "../../api/client.ts";
import { auditPlanQuery, keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { Note } from "../../design/feedback.tsx";
import { SelectField, TextField } from "../../design/field.tsx";
import { percentText } from "../../design/numbers.ts";
import { cellsToDraw, planText, sizeWith } from "./audit-plan.ts";

/** Half-widths of the interval that can be wished for, as shares. */
const PRECISIONS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1];
export const FIRST_PRECISION = 0.02;

type Called = NewAudit["called"];

/** Wanted precision, suggested size, draw; then the drawn cells are read in their queue. */
export function AuditDialog({ studyId, onClose }: { studyId: number; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [called, setCalled] = useState<Called>("negative");
  const [precision, setPrecision] = useState(FIRST_PRECISION);
  const [typed, setTyped] = useState<string | null>(null);
  const { data: plan, isFetching: outdated } = useQuery({
    ...auditPlanQuery(studyId, called, precision),
    placeholderData: keepPreviousData,
  });
  const cells = typed ?? (plan === undefined ? "" : String(cellsToDraw(plan)));
  const draw = useMutation({
    mutationFn: (body: NewAudit) => request<AuditPlan>("POST", `studies/${studyId}/audit`, { body }),
    onSuccess: async () => {
      void queries.invalidateQueries({ queryKey: keys.study(studyId) });
      await navigate(`/studies/${studyId}/review/random-${called}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (plan !== undefined && !outdated) draw.mutate({ called, cells: sizeWith(Number(cells), plan) });
  };
  const chooseCall = (next: Called) => {
    setCalled(next);
    setTyped(null);
  };
  return (
    <Dialog title="Draw an audit sample" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <fieldset className="choices">
          <legend>Which calls are to be checked?</legend>
          <CallChoice
            called="negative"
            chosen={called}
            choose={chooseCall}
            about="what share of them has micronuclei that were missed"
          />
          <CallChoice called="positive" chosen={called} choose={chooseCall} about="what share of them is false" />
        </fieldset>
        <PrecisionField
          value={precision}
          onChange={(next) => {
            setPrecision(next);
            setTyped(null);
          }}
        />
        <TextField
          label="Cells to draw"
          hint={plan === undefined ? "…" : planText(plan)}
          type="number"
          min={1}
          max={Math.max(1, plan?.available ?? 1)}
          value={cells}
          onChange={(event) => setTyped(event.target.value)}
          disabled={plan === undefined || plan.available === 0}
          required
        />
        {draw.isError && <Note tone="danger">{failureText(draw.error)}</Note>}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            look="primary"
            disabled={plan === undefined || outdated || plan.available === 0 || draw.isPending}
          >
            Draw and read
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function PrecisionField({ value, onChange }: { value: number; onChange: (precision: number) => void }) {
  return (
    <SelectField
      label="Precision that you want"
      hint="Half the width of the interval of that share."
      value={value}
      onChange={(event) => onChange(Number(event.target.value))}
    >
      {PRECISIONS.map((one) => (
        <option key={one} value={one}>
          ± {percentText(one, one < 0.01 ? 1 : 0)}
        </option>
      ))}
    </SelectField>
  );
}

interface CallChoiceProps {
  called: Called;
  chosen: Called;
  choose: (called: Called) => void;
  about: string;
}

function CallChoice({ called, chosen, choose, about }: CallChoiceProps) {
  return (
    <label className="check">
      <input type="radio" name="called" checked={chosen === called} onChange={() => choose(called)} />
      <span>
        <span className="strong">Called {called}:</span> <span className="quiet">{about}</span>
      </span>
    </label>
  );
}
