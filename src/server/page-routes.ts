import type { FastifyReply, FastifyRequest } from "fastify";
import { UsageError } from "../core/errors.ts";
import type { ReviewApp } from "./context.ts";
import { type Access, cookieName, isSameSecret } from "./security.ts";
import { readWebFiles, sendWebFile, type WebFiles } from "./static-files.ts";

/** The browser's own addresses, such as /studies/7/review/positive: all of them show index.html. */
const PAGE = /^\/[\w/-]*$/;

/** The web application's files and pages, and the way in with the token. They are open: nothing of the workspace is in them. */
export async function pageRoutes(app: ReviewApp, access: Access, webFolder: string | null): Promise<void> {
  const files: WebFiles = webFolder === null ? new Map() : await readWebFiles(webFolder);
  const send = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [path = "/"] = request.url.split("?");
    const file = files.get(path) ?? (isPage(path) ? files.get("/index.html") : undefined);
    if (file !== undefined) await sendWebFile(request, reply, file);
    else if (isPage(path)) throw notBuilt();
    else reply.callNotFound();
  };
  app.get("/", { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
    const { token } = request.query as { token?: unknown };
    if (token === undefined) return await send(request, reply);
    letIn(request, reply, access, String(token));
    // The token is not left in the address bar, in the history or on a photograph of the screen.
    return await reply.redirect("/", 303);
  });
  app.get("/*", { config: { open: true }, schema: { hide: true } }, send);
}

function isPage(path: string): boolean {
  return PAGE.test(path) && !/^\/(api|assets)(\/|$)/.test(path);
}

/** Gives the cookie to who has the token. A wrong token changes nothing: the page then says what to do. */
function letIn(request: FastifyRequest, reply: FastifyReply, access: Access, token: string): void {
  if (access.sessions !== null) return;
  if (!access.onceTokens.delete(token) && !isSameSecret(token, access.token)) return;
  setSessionCookie(request, reply, access, access.token);
}

/** A cookie that no script can read and no other site can make a browser send; `maxAge` in seconds, else until the browser is closed. */
export function setSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  access: Access,
  value: string,
  maxAge?: number,
): void {
  reply.setCookie(cookieName(request, access), value, {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: access.tlsOrigin !== null,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

function notBuilt(): UsageError {
  return new UsageError(
    "WEB_APPLICATION_MISSING",
    "The web application is not built. In a checkout: npm run build. The API answers all the same.",
  );
}
