import { type ConnectionState, useConnection } from "../api/connection.ts";

const WORDS: Record<ConnectionState, string> = {
  connecting: "Connecting",
  live: "Connected",
  lost: "No answer",
};

/** A dot and a word: whether the server answers. */
export function ConnectionSign() {
  const state = useConnection();
  return (
    <span className={`connection-sign connection-${state}`}>
      <span className="connection-dot" aria-hidden="true" />
      {WORDS[state]}
    </span>
  );
}
