import { basename, resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import type { Accounts } from "./accounts.ts";
import { account, accountChange, login, newAccount, session } from "./api/session.ts";
import type { ReviewApp, ReviewContext } from "./context.ts";
import { SESSION_SECONDS } from "./login-sessions.ts";
import { LoginThrottle } from "./login-throttle.ts";
import { setSessionCookie } from "./page-routes.ts";
import { type Access, cookieName, requireRole } from "./security.ts";

/** Who is there, logging in and out, and the accounts. */
export async function sessionRoutes(app: ReviewApp, context: ReviewContext, access: Access): Promise<void> {
  const hasAccounts = context.accounts !== null;
  const { uploadBytes, uploadFiles, fileBytes, imagePixels } = context.limits;
  app.get(
    "/session",
    { config: { open: hasAccounts }, schema: { response: { 200: session } } },
    async ({ identity }) => ({
      version: context.version,
      workspace: basename(resolve(context.folder)),
      accounts: hasAccounts,
      account: hasAccounts && identity?.name ? { name: identity.name, role: identity.role } : null,
      limits: { uploadBytes, uploadFiles, fileBytes, imagePixels },
    }),
  );
  loginRoutes(app, context, access);
  accountRoutes(app, context);
}

function loginRoutes(app: ReviewApp, context: ReviewContext, access: Access): void {
  const throttle = new LoginThrottle(context.now);
  app.post(
    "/login",
    { config: { open: true }, schema: { body: login, response: { 200: account } } },
    async (request, reply) => {
      const accounts = accountsOf(context);
      const { name, password } = request.body;
      const wait = throttle.attempt(request.ip, name);
      if (wait > 0) {
        reply.header("retry-after", wait);
        throw new UsageError("LOGIN_TOO_OFTEN", `Too many attempts with a wrong password. Try again in ${wait} s.`);
      }
      const found = await accounts.verify(name, password);
      if (found === null || access.sessions === null)
        throw new UsageError("LOGIN_REFUSED", "The name or the password is wrong, or the account is disabled.");
      throttle.succeeded(request.ip, name);
      const secret = await access.sessions.start(found);
      setSessionCookie(request, reply, access, secret, SESSION_SECONDS);
      return found;
    },
  );
  app.post(
    "/logout",
    { config: { open: true }, schema: { response: { 204: z.undefined() } } },
    async (request, reply) => {
      const name = cookieName(request, access);
      const secret = request.cookies[name];
      if (secret !== undefined) await access.sessions?.end(secret);
      setSessionCookie(request, reply, access, "", 0);
      return await reply.code(204).send();
    },
  );
}

function accountRoutes(app: ReviewApp, context: ReviewContext): void {
  app.get("/accounts", { schema: { response: { 200: z.object({ accounts: z.array(account) }) } } }, async (request) => {
    requireRole(request, "admin");
    const accounts = accountsOf(context);
    await accounts.refresh();
    return { accounts: accounts.list() };
  });
  app.post("/accounts", { schema: { body: newAccount, response: { 200: account } } }, async (request) => {
    requireRole(request, "admin");
    return await accountsOf(context).add(request.body);
  });
  app.patch(
    "/accounts/:name",
    { schema: { params: z.object({ name: z.string() }), body: accountChange, response: { 200: account } } },
    async (request) => {
      requireRole(request, "admin");
      return await accountsOf(context).change(request.params.name, request.body);
    },
  );
}

function accountsOf({ accounts }: ReviewContext): Accounts {
  if (accounts !== null) return accounts;
  throw new UsageError(
    "ACCOUNTS_OFF",
    "This server works without accounts. Make the first one with: mn review account add NAME --role admin, and start it again.",
  );
}
