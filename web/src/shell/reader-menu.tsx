import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Session } from "../../../src/server/api/session.ts";
import { request } from "../api/client.ts";
import { keys, sessionQuery } from "../api/queries.ts";
import { setReader } from "../api/reader.ts";
import { Button } from "../design/button.tsx";
import { PersonIcon } from "../design/icons.tsx";
import { sayFailure } from "../design/toast.tsx";
import { Popover } from "./popover.tsx";

/** Who reads in this window, and how to change that. */
export function ReaderMenu({ session, reader }: { session: Session; reader: string }) {
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: async () => {
      if (session.accounts) await request("POST", "logout");
    },
    onSuccess: async () => {
      if (session.accounts) await queries.resetQueries(sessionQuery);
      setReader(null);
      // The next reader may see less.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
    },
    onError: sayFailure,
  });
  return (
    <Popover
      label={`Reader: ${reader}`}
      sign={
        <>
          <PersonIcon />
          <span className="reader-name">{reader}</span>
        </>
      }
    >
      <p className="small quiet">Decisions in this window are recorded for</p>
      <p className="strong">{reader}</p>
      {session.account !== null && <p className="small quiet">Role: {session.account.role}</p>}
      <Button small onClick={() => leave.mutate()} disabled={leave.isPending}>
        {session.accounts ? "Log out" : "Change the reader"}
      </Button>
      <p className="small quiet">Version {session.version}</p>
    </Popover>
  );
}
