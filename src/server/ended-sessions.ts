import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import type { ReviewApp } from "./context.ts";
import type { LoginSessions } from "./login-sessions.ts";

const BETWEEN_LOOKS_MILLISECONDS = 30_000;

/**
 * Cuts answers that last, such as the stream of events, when the session that asked for them ends: by logging out, by time, or
 * because the account was disabled. `secretOf` is what the request's cookie holds.
 */
export function cutEndedSessions(
  app: ReviewApp,
  sessions: LoginSessions,
  secretOf: (request: FastifyRequest) => string | undefined,
  betweenLooksMilliseconds: number = BETWEEN_LOOKS_MILLISECONDS,
): void {
  const answering = new Map<ServerResponse, string>();
  app.addHook("onRequest", async (request, { raw }) => {
    const secret = secretOf(request);
    if (request.identity === null || secret === undefined) return;
    answering.set(raw, secret);
    raw.once("close", () => answering.delete(raw));
  });
  const look = async (): Promise<void> => {
    for (const [raw, secret] of answering) if ((await sessions.accountOf(secret)) === null) raw.destroy();
  };
  // A file of accounts that cannot be read for a moment is looked at again.
  const timer = setInterval(() => void look().catch(() => {}), betweenLooksMilliseconds).unref();
  app.addHook("onClose", async () => clearInterval(timer));
}
