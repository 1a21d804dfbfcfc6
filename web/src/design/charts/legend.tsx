import type { Tone } from "./tone.ts";

interface Entry {
  name: string;
  tone: Tone;
  dashed?: boolean;
}

/** Which line is which. */
export function Legend({ entries }: { entries: readonly Entry[] }) {
  return (
    <ul className="legend">
      {entries.map(({ name, tone, dashed = false }) => (
        <li key={name}>
          <span className={`legend-line ${tone}${dashed ? " dashed" : ""}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}
