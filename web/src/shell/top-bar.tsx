import { useQuery } from "@tanstack/react-query";
import { Link, NavLink, useMatch } from "react-router";
import type { Session } from "../../../src/server/api/session.ts";
import { queuesQuery, studyQuery } from "../api/queries.ts";
import { nextQueue } from "../screens/study/next-queue.ts";
import { ConnectionSign } from "./connection-sign.tsx";
import { JobTray } from "./job-tray.tsx";
import { ReaderMenu } from "./reader-menu.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Where one is, on the left; what runs, who reads and how it looks, on the right. */
export function TopBar({ session, reader }: { session: Session; reader: string }) {
  const studyId = useMatch("/studies/:id/*")?.params.id;
  return (
    <header className="top-bar">
      <nav className="top-bar-place" aria-label="Place">
        <Link to="/" className="top-bar-home" title={`Workspace ${session.workspace}: all studies`}>
          <img src="/icon.svg" alt="" width="24" height="24" />
          <span className="top-bar-workspace">{session.workspace}</span>
        </Link>
        {studyId !== undefined && <StudyPlace key={studyId} studyId={Number(studyId)} />}
      </nav>
      <nav className="tabs" aria-label="Workspace">
        <NavLink to="/models" className="tab">
          Models
        </NavLink>
        {session.account?.role === "admin" && (
          <NavLink to="/accounts" className="tab">
            Accounts
          </NavLink>
        )}
      </nav>
      <div className="top-bar-tools">
        <JobTray />
        <ConnectionSign />
        <ReaderMenu session={session} reader={reader} />
        <ThemeSwitch />
      </div>
    </header>
  );
}

function StudyPlace({ studyId }: { studyId: number }) {
  const study = useQuery({ ...studyQuery(studyId), enabled: Number.isInteger(studyId) });
  const queues = useQuery({ ...queuesQuery(studyId), enabled: Number.isInteger(studyId) }).data;
  const reviewing = useMatch("/studies/:id/review/:queue") !== null;
  return (
    <>
      <span className="top-bar-slash" aria-hidden="true">
        /
      </span>
      <span className="top-bar-study">{study.data?.name ?? "…"}</span>
      <span className="tabs">
        <NavLink to={`/studies/${studyId}`} className="tab" end>
          Overview
        </NavLink>
        <Link
          to={`/studies/${studyId}/review/${nextQueue(queues ?? []) ?? "all"}`}
          className="tab"
          {...(reviewing ? { "aria-current": "page" } : {})}
        >
          Review
        </Link>
        <NavLink to={`/studies/${studyId}/results`} className="tab">
          Results
        </NavLink>
      </span>
    </>
  );
}
