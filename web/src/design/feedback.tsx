import type { ReactNode } from "react";
import { failureText } from "../api/client.ts";
import { Button } from "./button.tsx";

interface EmptyStateProps {
  /** It stands for the page: its title is the page's heading. */
  wholePage?: boolean;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Says why nothing is here and what to do about it. */
export function EmptyState({ wholePage = false, title, children, action }: EmptyStateProps) {
  const Title = wholePage ? "h1" : "h2";
  return (
    <div className="empty">
      <Title className="empty-title">{title}</Title>
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

/** Keeps the place of what is being read; seen only where that takes a while. */
export function Waiting({ label = "Loading" }: { label?: string }) {
  return (
    <div className="waiting" role="status">
      {label} …
    </div>
  );
}

/** What could not be read, why, and another try. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className="note note-danger stack-tight" role="alert">
      <span>{failureText(error)}</span>
      {retry !== undefined && (
        <div>
          <Button small onClick={retry}>
            Try again
          </Button>
        </div>
      )}
    </div>
  );
}

export function Note({ tone = "warning", children }: { tone?: "warning" | "danger" | "quiet"; children: ReactNode }) {
  return <div className={`note note-${tone}`}>{children}</div>;
}
