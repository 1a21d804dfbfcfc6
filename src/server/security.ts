import type { FastifyRequest } from "fastify";
import { UsageError } from "../core/errors.ts";
import type { AccountRole } from "./api/session.ts";

/** Who asks: with accounts the account, without them the name that the window says, if it says one. */
export interface Identity {
  readonly name: string | null;
  readonly role: AccountRole;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Null only on the addresses that need no session. */
    identity: Identity | null;
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
    `This needs the role ${role}, and this account is ${request.identity?.role ?? "not logged in"}. Ask an admin.`,
  );
}
