import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { Account, Login } from "../../../src/server/api/session.ts";
import { failureText, request } from "../api/client.ts";
import { lastReader, setReader } from "../api/reader.ts";
import { Button } from "../design/button.tsx";
import { TextField } from "../design/field.tsx";

/** Name and password, where the workspace has accounts. */
export function LoginScreen() {
  const queries = useQueryClient();
  const [name, setName] = useState(lastReader);
  const [password, setPassword] = useState("");
  const login = useMutation({
    mutationFn: (body: Login) => request<Account>("POST", "login", { body }),
    onSuccess: (account) => {
      setReader(account.name);
      return queries.invalidateQueries();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate({ name: name.trim(), password });
  };
  return (
    <form className="outside-card stack" onSubmit={submit}>
      <h1>Log in</h1>
      <TextField
        label="Name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="username"
        maxLength={60}
        required
      />
      <TextField
        label="Password"
        type="password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        autoComplete="current-password"
        error={login.isError ? failureText(login.error) : undefined}
        maxLength={200}
        required
      />
      <Button type="submit" look="primary" disabled={login.isPending}>
        Log in
      </Button>
    </form>
  );
}
