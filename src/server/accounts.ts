import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describeError, MicronucleiError, UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { type Account, type AccountChange, account, type NewAccount } from "./api/session.ts";
import { hashPassword, PASSWORD_COST, type PasswordCost, passwordHash, passwordMatches } from "./password.ts";

/** In the workspace's folder, readable by its owner alone. */
export const ACCOUNTS_FILE = "accounts.json";

const keptAccount = account.extend({ password: passwordHash });
const accountsFile = z.object({ version: z.literal(1), accounts: z.array(keptAccount) });
type KeptAccount = z.infer<typeof keptAccount>;

export interface AccountsSettings {
  readonly now: () => Date;
  readonly cost?: PasswordCost;
}

/**
 * The persons who may log in, kept in one file. Changes by another process, as by `mn review account`, are seen by the next
 * look-up. Names differ in more than the case of their letters.
 */
export class Accounts {
  readonly #file: string;
  readonly #now: () => Date;
  readonly #cost: PasswordCost;
  #accounts: readonly KeptAccount[] = [];
  /** Which content of the file `#accounts` is. */
  #seen = "";
  /** Passwords are hashed one after the other: each takes much memory. */
  #hashing: Promise<unknown> = Promise.resolve();

  private constructor(file: string, { now, cost = PASSWORD_COST }: AccountsSettings) {
    this.#file = file;
    this.#now = now;
    this.#cost = cost;
  }

  /** The accounts of a workspace, none where there is no file. Throws ACCOUNTS_UNREADABLE. */
  static async open(folder: string, settings: AccountsSettings): Promise<Accounts> {
    const accounts = new Accounts(join(folder, ACCOUNTS_FILE), settings);
    await accounts.refresh();
    return accounts;
  }

  /** Takes up what another process changed. Throws ACCOUNTS_UNREADABLE. */
  async refresh(): Promise<void> {
    const state = stateOf(this.#file);
    if (state === this.#seen) return;
    this.#accounts = state === "" ? [] : await readAccounts(this.#file);
    this.#seen = state;
  }

  /** In the order of their names. */
  list(): Account[] {
    return this.#accounts.map(publicPart).sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Null where there is none of this name, or it is disabled. `stamp` changes with the password. */
  find(name: string): (Account & { stamp: string }) | null {
    const found = this.#find(name);
    return found && !found.disabled ? { ...publicPart(found), stamp: found.password.salt } : null;
  }

  /** Throws ACCOUNT_EXISTS, READER_NAME_INVALID. */
  async add({ name, role, password }: NewAccount): Promise<Account> {
    checkName(name);
    const hash = await this.#inTurn(() => hashPassword(password, this.#cost));
    await this.refresh();
    if (this.#find(name) !== undefined)
      throw new UsageError("ACCOUNT_EXISTS", `There is an account "${name}" already. Choose another name.`);
    const added = { name, role, disabled: false, createdAt: this.#now().toISOString(), password: hash };
    await this.#write([...this.#accounts, added]);
    return publicPart(added);
  }

  /** Throws ACCOUNT_UNKNOWN, ACCOUNT_LAST_ADMIN. */
  async change(name: string, { role, disabled, password }: AccountChange): Promise<Account> {
    const hash = password === undefined ? undefined : await this.#inTurn(() => hashPassword(password, this.#cost));
    await this.refresh();
    const before = this.#find(name);
    if (before === undefined)
      throw new UsageError("ACCOUNT_UNKNOWN", `There is no account "${name}". Check the list of accounts.`);
    const after: KeptAccount = {
      ...before,
      role: role ?? before.role,
      disabled: disabled ?? before.disabled,
      password: hash ?? before.password,
    };
    const changed = this.#accounts.map((one) => (one === before ? after : one));
    if (isActiveAdmin(before) && !changed.some(isActiveAdmin))
      throw new UsageError(
        "ACCOUNT_LAST_ADMIN",
        `"${before.name}" is the only admin who can log in: nobody could keep the accounts. Make another one an admin first.`,
      );
    await this.#write(changed);
    return publicPart(after);
  }

  /** The account if the password is right. Takes as long for a name that does not exist. */
  async verify(name: string, password: string): Promise<(Account & { stamp: string }) | null> {
    await this.refresh();
    const kept = this.#find(name);
    if (kept === undefined) {
      const { n, r, p } = this.#accounts[0]?.password ?? this.#cost;
      await this.#inTurn(() => hashPassword(password, { n, r, p }));
      return null;
    }
    const matches = await this.#inTurn(() => passwordMatches(password, kept.password));
    return matches ? this.find(name) : null;
  }

  #find(name: string): KeptAccount | undefined {
    const key = keyOf(name);
    return this.#accounts.find((one) => keyOf(one.name) === key);
  }

  async #write(accounts: readonly KeptAccount[]): Promise<void> {
    await writeFileAtomically(this.#file, `${JSON.stringify({ version: 1, accounts }, null, 2)}\n`, 0o600);
    this.#accounts = accounts;
    this.#seen = stateOf(this.#file);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#hashing.then(work);
    this.#hashing = result.catch(() => {});
    return result;
  }
}

/** A name that can stand in the audit trail and be told apart by eye. Throws READER_NAME_INVALID. */
export function checkName(name: string): void {
  if (!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)) return;
  throw new UsageError(
    "READER_NAME_INVALID",
    "A reader's name has characters that cannot be seen. Write it with letters, digits, spaces and punctuation.",
  );
}

function keyOf(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}

function publicPart({ name, role, disabled, createdAt }: Account): Account {
  return { name, role, disabled, createdAt };
}

function isActiveAdmin({ role, disabled }: Account): boolean {
  return role === "admin" && !disabled;
}

/** Another text for every content that the file has had; "" where there is none. */
function stateOf(file: string): string {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

async function readAccounts(file: string): Promise<KeptAccount[]> {
  try {
    return accountsFile.parse(JSON.parse(await readFile(file, "utf8"))).accounts;
  } catch (error) {
    throw new MicronucleiError(
      "ACCOUNTS_UNREADABLE",
      `The accounts in ${ACCOUNTS_FILE} of the workspace cannot be read: ${describeError(error)}. ` +
        "Restore the file from a backup, or move it away and add the accounts again.",
      { cause: error },
    );
  }
}
