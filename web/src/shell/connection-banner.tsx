import { useConnection } from "../api/connection.ts";

/** Says that the server is away, for as long as it is. */
export function ConnectionBanner() {
  const lost = useConnection() === "lost";
  return (
    <div className="connection-banner" role="status" hidden={!lost}>
      {lost && "The server does not answer; your decisions are kept. This page goes on by itself when it is back."}
    </div>
  );
}
