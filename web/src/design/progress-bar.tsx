import type { ReactNode } from "react";

interface ProgressBarProps {
  /** What is under way, for screen readers and, unless `bare`, above the bar. */
  label: string;
  done: number;
  /** 0 where it is not known yet: the bar stays empty. */
  total: number;
  /** Beside the label: "1,204 of 3,000". */
  detail?: ReactNode;
  bare?: boolean;
}

export function ProgressBar({ label, done, total, detail, bare = false }: ProgressBarProps) {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div className={share === 1 ? "progress progress-done" : "progress"}>
      {!bare && (
        <div className="progress-text">
          <span>{label}</span>
          <span>{detail}</span>
        </div>
      )}
      <div
        className="progress-track"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
      >
        <div className="progress-fill" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
