import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError, MicronucleiError, UsageError } from "../core/errors.ts";
import { DATABASE_FILE, Workspace } from "../workspace/workspace.ts";
import { removeAbandonedFolders } from "./abandoned-folders.ts";
import { Accounts } from "./accounts.ts";
import { REVIEW_LIMITS, type ReviewApp, type ReviewContext, type ReviewLimits } from "./context.ts";
import { Feed } from "./feed.ts";
import { Jobs } from "./jobs.ts";
import { LoginSessions } from "./login-sessions.ts";
import { ModelShelf } from "./model-shelf.ts";
import { type Access, isLoopback } from "./security.ts";
import { buildServer } from "./server.ts";
import { newSecret, sessionToken } from "./session-token.ts";

/** Where the review application is when nothing else is said. */
export const DEFAULT_PORT = 4180;

/** Requests that are under way when the server closes have so long to end. */
const CLOSING_MILLISECONDS = 5_000;

export interface ReviewSettings {
  /** The workspace's; one is made where there is none. */
  readonly folder: string;
  /** Null takes the usual one, or any free one where that is taken. */
  readonly port: number | null;
  /** IP address to listen on. */
  readonly listen: string;
  /** `https://HOST` of the TLS proxy in front, or null. */
  readonly tlsOrigin: string | null;
  readonly limits?: ReviewLimits;
  /** The built web application, or null. */
  readonly webFolder: string | null;
  readonly version: string;
  readonly now: () => Date;
  /** Told what whoever runs the server should know. */
  readonly message: (text: string) => void;
}

export interface RunningReview {
  /** What to open, with the token where there are no accounts. */
  readonly address: string;
  /** Null where there are accounts. */
  readonly token: string | null;
  readonly port: number;
  /** An address that lets in once: for a browser's command line, which other users of the machine can read. */
  addressForOnce(): string;
  /** Ends jobs and connections in good order. What was answered is on the disk. */
  close(): Promise<void>;
}

/**
 * Starts the review application of a workspace. Throws LISTEN_ADDRESS_INVALID, ACCOUNTS_REQUIRED, PORT_TAKEN, LISTEN_FAILED,
 * and what opening a workspace throws.
 */
export async function startReview(settings: ReviewSettings): Promise<RunningReview> {
  const { folder, listen, now } = settings;
  checkListenAddress(listen);
  const accounts = await accountsNeeded(settings);
  const context = reviewContext(settings, await openOrCreate(settings), accounts);
  try {
    await tidy(context, settings);
    const access: Access = {
      token: await sessionToken(folder, now),
      onceTokens: new Set(),
      sessions: accounts && (await LoginSessions.open(folder, accounts, now)),
      tlsOrigin: settings.tlsOrigin,
    };
    const app = await buildServer(context, access, (error) => settings.message(`A request failed: ${traceOf(error)}`));
    await listenOn(app, settings);
    return runningReview(app, context, access, settings);
  } catch (error) {
    await context.jobs.close();
    await context.workspace.close();
    throw error;
  }
}

function checkListenAddress(listen: string): void {
  if (isIP(listen) !== 0) return;
  throw new UsageError(
    "LISTEN_ADDRESS_INVALID",
    `"${listen}" is not an IP address. Give one of this machine, or 0.0.0.0 for all of them.`,
  );
}

/** Once there is an account, everybody logs in. Throws ACCOUNTS_REQUIRED, ACCOUNTS_UNREADABLE. */
async function accountsNeeded({ folder, listen, tlsOrigin, now }: ReviewSettings): Promise<Accounts | null> {
  const accounts = await Accounts.open(folder, { now });
  if (accounts.list().length > 0) return accounts;
  if (isLoopback(listen) && tlsOrigin === null) return null;
  throw new UsageError(
    "ACCOUNTS_REQUIRED",
    "Other machines are to reach this server, so everybody needs an account, and there is none yet. " +
      `Make the first one: mn review account add NAME --role admin --workspace ${folder}`,
  );
}

async function openOrCreate({ folder, now, message }: ReviewSettings): Promise<Workspace> {
  if (existsSync(join(folder, DATABASE_FILE))) return await Workspace.open(folder, now);
  const workspace = await Workspace.create(folder, now);
  message(`There was no workspace in "${folder}": made one.`);
  return workspace;
}

/** What cannot be removed does not keep the server from starting. */
async function tidy({ workspace, folder }: ReviewContext, { now, message }: ReviewSettings): Promise<void> {
  try {
    const removed = await removeAbandonedFolders(workspace, folder, now());
    if (removed > 0)
      message(
        `Removed ${removed === 1 ? "an upload or training" : `${removed} uploads and trainings`} that nobody finished.`,
      );
  } catch (error) {
    message(`What earlier uploads and trainings left behind could not be removed: ${describeError(error)}`);
  }
}

function reviewContext(settings: ReviewSettings, workspace: Workspace, accounts: Accounts | null): ReviewContext {
  const { folder, limits = REVIEW_LIMITS, version, now, webFolder } = settings;
  const feed = new Feed(workspace);
  const jobs = new Jobs({ publish: (job) => feed.publish({ kind: "job", job }), now });
  const models = new ModelShelf(folder);
  return { workspace, folder, feed, jobs, models, accounts, limits, version, now, webFolder };
}

/** The built web application: beside this file in the package, in dist/ in a checkout. Null where it is not built. */
export function builtWebFolder(): string | null {
  const fromSources = import.meta.url.endsWith(".ts");
  const folder = fileURLToPath(new URL(fromSources ? "../../dist/web" : "../web", import.meta.url));
  return existsSync(join(folder, "index.html")) ? folder : null;
}

async function listenOn(app: ReviewApp, { listen: host, port }: ReviewSettings): Promise<void> {
  try {
    await app.listen({ host, port: port ?? DEFAULT_PORT });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
    if (taken && port === null) await app.listen({ host, port: 0 });
    else throw taken ? portTaken(port ?? DEFAULT_PORT) : listenFailed(host, error);
  }
}

function portTaken(port: number): UsageError {
  return new UsageError(
    "PORT_TAKEN",
    `Another program listens on port ${port}, perhaps another mn review. Leave --port out to take a free one.`,
  );
}

function listenFailed(host: string, error: unknown): MicronucleiError {
  return new MicronucleiError(
    "LISTEN_FAILED",
    `Cannot listen on ${host}: ${describeError(error)}. Give an address of this machine and a port above 1023.`,
    { cause: error },
  );
}

function runningReview(
  app: ReviewApp,
  context: ReviewContext,
  access: Access,
  settings: ReviewSettings,
): RunningReview {
  const { port } = app.server.address() as { port: number };
  const origin = settings.tlsOrigin ?? `http://${hostToShow(settings.listen)}:${port}`;
  const token = context.accounts === null ? access.token : null;
  const withToken = (value: string): string => (token === null ? `${origin}/` : `${origin}/?token=${value}`);
  return {
    address: withToken(access.token),
    token,
    port,
    addressForOnce: () => {
      const once = newSecret();
      access.onceTokens.add(once);
      return withToken(once);
    },
    close: () => close(app, context),
  };
}

/** As it stands in an address; of "all addresses" the machine's name. */
function hostToShow(listen: string): string {
  if (listen === "0.0.0.0" || listen === "::") return hostname();
  return isIP(listen) === 6 ? `[${listen}]` : listen;
}

async function close(app: ReviewApp, { jobs, workspace }: ReviewContext): Promise<void> {
  await jobs.close();
  const deadline = setTimeout(() => app.server.closeAllConnections(), CLOSING_MILLISECONDS);
  await app.close();
  clearTimeout(deadline);
  await workspace.close();
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
