import type { ReactNode } from "react";

interface StatProps {
  name: string;
  value: ReactNode;
  /** Below the value: its interval, or what it is of. Its line is kept free where there is none. */
  interval?: ReactNode;
}

/** A number that matters, with its name and its interval. */
export function Stat({ name, value, interval }: StatProps) {
  return (
    <div className="stat">
      <span className="stat-name">{name}</span>
      <span className="stat-value">{value}</span>
      <span className="stat-interval">{interval}</span>
    </div>
  );
}
