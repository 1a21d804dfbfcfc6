import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { Outlet, ScrollRestoration } from "react-router";
import type { Session } from "../../../src/server/api/session.ts";
import { isUnknown } from "../api/caches.ts";
import { followEvents } from "../api/events.ts";
import { sessionQuery } from "../api/queries.ts";
import { useReader } from "../api/reader.ts";
import { EmptyState, Failed, Waiting } from "../design/feedback.tsx";
import { Toasts } from "../design/toast.tsx";
import { DropAnywhere } from "../upload/drop-anywhere.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { useJobNews } from "./job-news.ts";
import { LoginScreen } from "./login-screen.tsx";
import { ReaderScreen } from "./reader-screen.tsx";
import "./shell.css";
import { TopBar } from "./top-bar.tsx";

/** Everything around the screens: who is there, the bar on top, messages, the connection to the server. */
export function Shell() {
  const session = useQuery(sessionQuery);
  if (session.data === undefined || isUnknown(session.error))
    return (
      <Outside>{session.isPending ? <Waiting /> : <NoSession error={session.error} retry={session.refetch} />}</Outside>
    );
  return <Inside session={session.data} />;
}

function Inside({ session }: { session: Session }) {
  const reader = useReader();
  if (session.accounts && session.account === null)
    return (
      <Outside>
        <LoginScreen />
      </Outside>
    );
  if (reader === null || (session.account !== null && session.account.name !== reader))
    return (
      <Outside>
        <ReaderScreen account={session.account?.name ?? null} />
      </Outside>
    );
  return <Application session={session} reader={reader} />;
}

function Application({ session, reader }: { session: Session; reader: string }) {
  const queries = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another reader sees other events
  useEffect(() => followEvents(queries), [queries, reader]);
  // Decisions that an earlier window could not send go out on whatever screen this one begins.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another reader has other decisions waiting
  useEffect(() => {
    void import("../review/window-outbox.ts").then(({ windowOutbox }) => windowOutbox().retry());
  }, [reader]);
  useJobNews();
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <TopBar session={session} reader={reader} />
      <ConnectionBanner />
      <main id="content" className="shell-content" tabIndex={-1}>
        <Outlet />
      </main>
      <DropAnywhere />
      <Toasts />
      <ScrollRestoration />
    </div>
  );
}

function Outside({ children }: { children: ReactNode }) {
  return <main className="outside">{children}</main>;
}

function NoSession({ error, retry }: { error: unknown; retry: () => void }) {
  if (isUnknown(error))
    return (
      <EmptyState wholePage title="This window has no key to the workspace">
        Open the address that <code>mn review</code> printed when it started: it ends in a key that belongs to this run
        of the server.
      </EmptyState>
    );
  return (
    <div className="outside-card stack">
      <h1>The server cannot be reached</h1>
      <Failed error={error} retry={retry} />
      <p className="quiet">
        Start it with <code>mn review</code> and open the address that it prints.
      </p>
    </div>
  );
}
