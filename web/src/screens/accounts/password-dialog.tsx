import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Account } from "../../../../src/server/api/session.ts";
import { failureText, request } from "../../api/client.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { TextField } from "../../design/field.tsx";
import { say } from "../../design/toast.tsx";
import { SHORTEST_PASSWORD } from "./roles.ts";

export function PasswordDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const set = useMutation({
    mutationFn: () => request<Account>("PATCH", `accounts/${encodeURIComponent(name)}`, { body: { password } }),
    onSuccess: () => {
      say(`${name} has a new password.`);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate();
  };
  return (
    <Dialog title={`New password for ${name}`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <TextField
          label="Password"
          hint={`At least ${SHORTEST_PASSWORD} characters.`}
          error={set.isError ? failureText(set.error) : undefined}
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
          <Button type="submit" look="primary" disabled={set.isPending}>
            Set the password
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
