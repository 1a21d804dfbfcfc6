import { timingSafeEqual } from "node:crypto";
import { hostname } from "node:os";
import type { FastifyRequest } from "fastify";
import { UsageError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import { checkName } from "./accounts.ts";
import { type AccountRole, readerName } from "./api/session.ts";
import type { ReviewApp } from "./context.ts";
import type { LoginSessions } from "./login-sessions.ts";
import { setSecurityHeaders } from "./security-headers.ts";

/** Who asks: with accounts the account, without them the name that the window says, if it says one. */
export interface Identity {
  readonly name: string | null;
  readonly role: AccountRole;
}

/** How one gets in. */
export interface Access {
  /** Without accounts: who has it may do everything. */
  readonly token: string;
  /** Tokens that let in one browser, once. */
  readonly onceTokens: Set<string>;
  /** With accounts: who is logged in. Null without. */
  readonly sessions: LoginSessions | null;
  /** `https://HOST` of a proxy in front that does TLS; null where browsers reach the server itself. */
  readonly tlsOrigin: string | null;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Null only on the addresses that are open. */
    identity: Identity | null;
  }
  interface FastifyContextConfig {
    /** Answers also those who are not let in. */
    open?: boolean;
  }
}

const RANK: Readonly<Record<AccountRole, number>> = { reader: 0, reviewer: 1, admin: 2 };

/** The asking person's name as the audit trail will have it. Throws READER_UNNAMED. */
export function readerOf(request: FastifyRequest): string {
  const name = request.identity?.name ?? null;
  if (name !== null) return name;
  throw new UsageError(
    "READER_UNNAMED",
    "The audit trail needs to know who does this. Send the reader's name, percent-encoded, in the header x-reader.",
  );
}

/** Lets the request pass if the asking person has the role or a higher one; without accounts everybody has. Throws ROLE_REQUIRED. */
export function requireRole(request: FastifyRequest, role: AccountRole): void {
  if (request.identity !== null && RANK[request.identity.role] >= RANK[role]) return;
  throw new UsageError(
    "ROLE_REQUIRED",
    `This needs the role ${role}, and this account's is ${request.identity?.role ?? "unknown"}. Ask an admin.`,
  );
}

/**
 * Stands before every address: the answer gets the security headers; the request must name this server as its host, come
 * from no other site, and, unless the address is open, from somebody who was let in. Closed is the default.
 */
export function guard(app: ReviewApp, access: Access): void {
  app.decorateRequest("identity", null);
  app.addHook("onRequest", async (request, reply) => {
    setSecurityHeaders(reply.raw);
    requireOwnHost(request, access);
    requireOwnOrigin(request, access);
    request.identity = await identify(request, access);
    const { open = false } = request.routeOptions.config;
    if (request.identity === null && !open && !request.is404) throw notLetIn(access);
  });
}

/** Name of the cookie: cookies do not know ports, and several servers may run on one machine. */
export function cookieName(request: FastifyRequest, { tlsOrigin }: Access): string {
  // Browsers take a __Host- cookie only over TLS and only from the host itself.
  return tlsOrigin === null ? `micronuclei-${portOf(request)}` : "__Host-micronuclei";
}

/** Whether both are the same, in a time that does not tell how much of them is. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)));
}

/**
 * Against DNS rebinding, where another site's name is made to lead here: the browser says the name that it was asked for, and
 * we answer only to names that nobody else can have. Throws HOST_REFUSED.
 */
function requireOwnHost(request: FastifyRequest, access: Access): void {
  const hosts = ownHosts(request, access);
  if (hosts.includes(request.headers.host?.toLowerCase() ?? "")) return;
  throw new UsageError(
    "HOST_REFUSED",
    `This server answers only to its own name. Open ${access.tlsOrigin ?? `http://${hosts[0]}/`} instead.`,
  );
}

/** The address that the connection came to, this machine's names, and that of the TLS proxy. */
function ownHosts(request: FastifyRequest, { tlsOrigin }: Access): string[] {
  const address = (request.socket.localAddress ?? "127.0.0.1").replace(/^::ffff:/, "");
  const names = [address.includes(":") ? `[${address}]` : address, hostname().toLowerCase()];
  if (isLoopback(address)) names.push("localhost", "127.0.0.1", "[::1]");
  const port = portOf(request);
  const hosts = names.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  return tlsOrigin === null ? hosts : [new URL(tlsOrigin).host, ...hosts];
}

/** An injected request has no port: 80, as in its address. */
function portOf(request: FastifyRequest): number {
  return request.socket.localPort ?? 80;
}

export function isLoopback(address: string): boolean {
  return address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address);
}

/**
 * Against requests that other sites make a browser send. A browser names the page's origin in every request that changes
 * something, and its relation to us in most others. A program that names neither must bring the token itself: it cannot be
 * a browser that adds a cookie on its own. Throws CROSS_SITE_REFUSED.
 */
function requireOwnOrigin(request: FastifyRequest, { tlsOrigin }: Access): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  const ownOrigin = tlsOrigin ?? `http://${request.headers.host}`;
  const changes = request.method !== "GET" && request.method !== "HEAD";
  // A link on another site may open a page of ours: the page has nothing of the workspace in it.
  const opensPage = !changes && (request.routeOptions.config.open ?? false);
  const allowed =
    (origin === undefined || origin.toLowerCase() === ownOrigin) &&
    (site === undefined || site === "same-origin" || (site === "none" && !changes) || opensPage) &&
    (!changes || origin !== undefined || site !== undefined || bearerOf(request) !== null);
  if (allowed) return;
  throw new UsageError(
    "CROSS_SITE_REFUSED",
    "This request came from a page of another site, or from a program that does not say where from. " +
      "Use the review application's own pages; a program sends the header authorization: Bearer TOKEN, or origin.",
  );
}

async function identify(request: FastifyRequest, access: Access): Promise<Identity | null> {
  const cookie = request.cookies[cookieName(request, access)];
  if (access.sessions !== null) return cookie === undefined ? null : await access.sessions.accountOf(cookie);
  const given = bearerOf(request) ?? cookie;
  if (given === undefined || !isSameSecret(given, access.token)) return null;
  return { name: nameSaid(request), role: "admin" };
}

function bearerOf(request: FastifyRequest): string | null {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? null;
}

/** The name in the header x-reader, or null. Throws READER_NAME_INVALID. */
function nameSaid(request: FastifyRequest): string | null {
  const header = request.headers["x-reader"];
  if (header === undefined) return null;
  const name = readerName.safeParse(decoded(String(header)));
  if (!name.success)
    throw new UsageError(
      "READER_NAME_INVALID",
      "The header x-reader is not a name of 1 to 60 characters, percent-encoded as UTF-8.",
    );
  checkName(name.data);
  return name.data;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function notLetIn({ sessions }: Access): UsageError {
  return new UsageError(
    "SESSION_REQUIRED",
    sessions === null
      ? "This window is not let in. Open the address that mn review printed, with its token."
      : "Nobody is logged in here, or no longer. Log in again.",
  );
}
