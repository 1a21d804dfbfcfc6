import { type FormEvent, useEffect, useState } from "react";
import { lastReader, setReader } from "../api/reader.ts";
import { Button } from "../design/button.tsx";
import { TextField } from "../design/field.tsx";

/** Asks for the reader's name, once a window. With accounts the account's name is taken without asking. */
export function ReaderScreen({ account }: { account: string | null }) {
  const [name, setName] = useState(lastReader);
  useEffect(() => {
    if (account !== null) setReader(account);
  }, [account]);
  if (account !== null) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") setReader(name.trim());
  };
  return (
    <form className="outside-card stack" onSubmit={submit}>
      <h1>Who is reading?</h1>
      <p className="quiet">Your name goes with every decision into the study's record.</p>
      <TextField
        label="Your name"
        value={name}
        onChange={(event) => setName(event.target.value)}
        onFocus={(event) => event.target.select()}
        maxLength={60}
        autoComplete="off"
        autoFocus
        required
      />
      <Button type="submit" look="primary" disabled={name.trim() === ""}>
        Begin
      </Button>
    </form>
  );
}
