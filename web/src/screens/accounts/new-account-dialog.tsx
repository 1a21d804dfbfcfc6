import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Account, AccountRole, NewAccount } from "../../../../src/server/api/session.ts";
import { failureText, request } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { SelectField, TextField } from "../../design/field.tsx";
import { ROLES, SHORTEST_PASSWORD } from "./roles.ts";

export function NewAccountDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<AccountRole>("reader");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: (body: NewAccount) => request<Account>("POST", "accounts", { body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.accounts });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({ name: name.trim(), role, password });
  };
  return (
    <Dialog title="New account" onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          label="Name"
          hint="As it will stand in the record of decisions."
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={add.isError ? failureText(add.error) : undefined}
          maxLength={60}
          autoComplete="off"
          required
        />
        <SelectField label="May" value={role} onChange={(event) => setRole(event.target.value as AccountRole)}>
          {ROLES.map((one) => (
            <option key={one.role} value={one.role}>
              {one.role}: {one.about}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Password"
          hint={`At least ${SHORTEST_PASSWORD} characters.`}
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          minLength={SHORTEST_PASSWORD}
          maxLength={200}
          autoComplete="new-password"
          required
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={add.isPending}>
            Make the account
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
