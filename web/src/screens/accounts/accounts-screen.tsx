import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Account, AccountChange } from "../../../../src/server/api/session.ts";
import { request } from "../../api/client.ts";
import { accountsQuery, keys, sessionQuery } from "../../api/queries.ts";
import { Badge } from "../../design/badge.tsx";
import { Button } from "../../design/button.tsx";
import { EmptyState, Failed, Waiting } from "../../design/feedback.tsx";
import { PlusIcon } from "../../design/icons.tsx";
import { dayText } from "../../design/numbers.ts";
import { say, sayFailure } from "../../design/toast.tsx";
import { NewAccountDialog } from "./new-account-dialog.tsx";
import { PasswordDialog } from "./password-dialog.tsx";
import { ROLES } from "./roles.ts";

/** Who may log in, and what they may do; for admins. */
export function AccountsScreen() {
  const session = useQuery(sessionQuery).data;
  const [adding, setAdding] = useState(false);
  if (session !== undefined && !session.accounts)
    return (
      <EmptyState wholePage title="This workspace has no accounts">
        It listens on this computer alone, and every window says who is reading. Accounts are for a server that others
        reach: make the first with <code>mn review account add</code>.
      </EmptyState>
    );
  if (session !== undefined && session.account?.role !== "admin")
    return (
      <EmptyState wholePage title="Only admins see the accounts">
        Ask an admin for what you need.
      </EmptyState>
    );
  return (
    <div className="screen">
      <div className="screen-head">
        <h1>Accounts</h1>
        <Button look="primary" onClick={() => setAdding(true)}>
          <PlusIcon />
          New account
        </Button>
      </div>
      <AccountTable ownName={session?.account?.name ?? null} />
      {adding && <NewAccountDialog onClose={() => setAdding(false)} />}
    </div>
  );
}

function AccountTable({ ownName }: { ownName: string | null }) {
  const accounts = useQuery(accountsQuery);
  if (accounts.isPending) return <Waiting label="Reading the accounts" />;
  if (accounts.data === undefined) return <Failed error={accounts.error} retry={accounts.refetch} />;
  return (
    <section className="card scroll-x" aria-label="Accounts">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span className="hidden-label">Changes</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.data.map((account) => (
            <AccountLine key={account.name} account={account} isOwn={account.name === ownName} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** One's own role cannot be taken away here, so that an admin cannot lock everybody out by a slip. */
function AccountLine({ account, isOwn }: { account: Account; isOwn: boolean }) {
  const queries = useQueryClient();
  const [settingPassword, setSettingPassword] = useState(false);
  const change = useMutation({
    mutationFn: (body: AccountChange) =>
      request<Account>("PATCH", `accounts/${encodeURIComponent(account.name)}`, { body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.accounts });
      say(`The account of ${account.name} was changed.`);
    },
    onError: sayFailure,
  });
  return (
    <tr>
      <th scope="row">
        {account.name} {isOwn && <Badge>you</Badge>} {account.disabled && <Badge tone="warning">locked</Badge>}
      </th>
      <td>
        <select
          className="input"
          aria-label={`Role of ${account.name}`}
          value={account.role}
          disabled={isOwn || change.isPending}
          onChange={(event) => change.mutate({ role: event.target.value as Account["role"] })}
        >
          {ROLES.map(({ role, about }) => (
            <option key={role} value={role}>
              {role}: {about}
            </option>
          ))}
        </select>
      </td>
      <td>{dayText(account.createdAt)}</td>
      <td>
        <div className="row">
          <Button small onClick={() => setSettingPassword(true)}>
            New password
          </Button>
          <Button
            small
            disabled={isOwn || change.isPending}
            onClick={() => change.mutate({ disabled: !account.disabled })}
          >
            {account.disabled ? "Unlock" : "Lock"}
          </Button>
        </div>
        {settingPassword && <PasswordDialog name={account.name} onClose={() => setSettingPassword(false)} />}
      </td>
    </tr>
  );
}
