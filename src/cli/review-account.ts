import { existsSync } from "node:fs";
import { join } from "node:path";
import { stderr, stdin } from "node:process";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { UsageError } from "../core/errors.ts";
import { Accounts } from "../server/accounts.ts";
import { type Account, type AccountChange, newAccount } from "../server/api/session.ts";
import { DATABASE_FILE, Workspace } from "../workspace/workspace.ts";
import { type Console, formatTable } from "./console.ts";
import { clock } from "./workspace-options.ts";

/** Makes an account with a password that is asked for. Makes the workspace where there is none. */
export async function addAccount(
  folder: string,
  { name, role }: Pick<Account, "name" | "role">,
  console: Console,
): Promise<void> {
  const accounts = await Accounts.open(folder, { now: clock });
  const first = accounts.list().length === 0;
  const password = await newPassword();
  const parsed = newAccount.shape.name.safeParse(name);
  if (!parsed.success) throw new UsageError("READER_NAME_INVALID", "A reader's name has 1 to 60 characters.");
  if (!existsSync(join(folder, DATABASE_FILE))) await (await Workspace.create(folder, clock)).close();
  const account = await accounts.add({ name: parsed.data, role, password });
  const next = first ? " From now on everybody logs in; start mn review again if it runs." : "";
  console.result(account, `${describe(account)}.${next}`);
}

export async function listAccounts(folder: string, console: Console): Promise<void> {
  const accounts = (await Accounts.open(folder, { now: clock })).list();
  const rows = accounts.map(({ name, role, disabled, createdAt }) => [
    name,
    role,
    disabled ? "disabled" : "",
    createdAt,
  ]);
  const table = formatTable([["name", "role", "", "since"], ...rows]);
  console.result({ accounts }, accounts.length === 0 ? "There are no accounts: nobody needs to log in." : table);
}

export async function changeAccount(
  folder: string,
  name: string,
  change: AccountChange,
  console: Console,
): Promise<void> {
  const account = await (await Accounts.open(folder, { now: clock })).change(name, change);
  console.result(account, `${describe(account)}.`);
}

export async function changePassword(folder: string, name: string, console: Console): Promise<void> {
  await changeAccount(folder, name, { password: await newPassword() }, console);
}

function describe({ name, role, disabled }: Account): string {
  return `Account: ${name}, ${role}${disabled ? ", disabled" : ""}`;
}

/** From the keyboard, twice and unseen, or the first line of standard input. Throws PASSWORD_WEAK, PASSWORD_DIFFERS. */
async function newPassword(): Promise<string> {
  const password = stdin.isTTY ? await typedPassword() : ((await text(stdin)).split(/\r?\n/)[0] ?? "");
  if (newAccount.shape.password.safeParse(password).success) return password;
  throw new UsageError("PASSWORD_WEAK", "A password has 10 to 200 characters. Several words make a good one.");
}

async function typedPassword(): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const keyboard = createInterface({ input: stdin, output: unseen, terminal: true });
  const ask = async (question: string): Promise<string> => {
    stderr.write(question);
    const answer = await keyboard.question("");
    stderr.write("\n");
    return answer;
  };
  try {
    const password = await ask("Password: ");
    if ((await ask("Once more: ")) === password) return password;
  } finally {
    keyboard.close();
  }
  throw new UsageError("PASSWORD_DIFFERS", "The two passwords differ. Try again.");
}
