import type { ReactNode } from "react";

export type BadgeTone = "plain" | "positive" | "negative" | "good" | "warning" | "danger" | "accent";

export function Badge({ tone = "plain", children }: { tone?: BadgeTone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
