import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sha256, writeFileAtomically } from "../core/files.ts";
import type { Accounts } from "./accounts.ts";
import type { Account } from "./api/session.ts";
import { newSecret } from "./session-token.ts";

/** In the workspace's folder, so that nobody has to log in again because the server was restarted. */
const SESSIONS_FILE = "login-sessions.json";

/** A long working day. */
export const SESSION_SECONDS = 12 * 60 * 60;

const keptSession = z.object({
  /** SHA-256 of what the cookie holds: who reads the file cannot use it. */
  id: z.string(),
  name: z.string(),
  /** Of the account when it logged in: a new password ends its sessions. */
  stamp: z.string(),
  expiresAt: z.string(),
});
type KeptSession = z.infer<typeof keptSession>;

/** Who is logged in. */
export class LoginSessions {
  readonly #file: string;
  readonly #accounts: Accounts;
  readonly #now: () => Date;
  readonly #sessions = new Map<string, KeptSession>();

  private constructor(file: string, accounts: Accounts, now: () => Date) {
    this.#file = file;
    this.#accounts = accounts;
    this.#now = now;
  }

  static async open(folder: string, accounts: Accounts, now: () => Date): Promise<LoginSessions> {
    const sessions = new LoginSessions(join(folder, SESSIONS_FILE), accounts, now);
    for (const session of await readSessions(sessions.#file)) sessions.#sessions.set(session.id, session);
    return sessions;
  }

  /** A new session of an account that has just proved its password: what its cookie holds, 256 random bits. */
  async start({ name, stamp }: { name: string; stamp: string }): Promise<string> {
    const secret = newSecret();
    const expiresAt = new Date(this.#now().getTime() + SESSION_SECONDS * 1000).toISOString();
    const id = sha256(secret);
    this.#sessions.set(id, { id, name, stamp, expiresAt });
    await this.#save();
    return secret;
  }

  /** The account of a session as it is now; null where the session has ended or the account is disabled. */
  async accountOf(secret: string): Promise<Account | null> {
    const session = this.#sessions.get(sha256(secret));
    if (session === undefined || this.#hasExpired(session)) return null;
    await this.#accounts.refresh();
    const account = this.#accounts.find(session.name);
    return account?.stamp === session.stamp ? account : null;
  }

  async end(secret: string): Promise<void> {
    if (this.#sessions.delete(sha256(secret))) await this.#save();
  }

  #hasExpired({ expiresAt }: KeptSession): boolean {
    return expiresAt <= this.#now().toISOString();
  }

  async #save(): Promise<void> {
    for (const session of this.#sessions.values()) if (this.#hasExpired(session)) this.#sessions.delete(session.id);
    await writeFileAtomically(this.#file, `${JSON.stringify([...this.#sessions.values()])}\n`, 0o600);
  }
}

/** None where the file is absent or damaged: then everybody logs in again. */
async function readSessions(file: string): Promise<KeptSession[]> {
  try {
    return z.array(keptSession).parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return [];
  }
}
