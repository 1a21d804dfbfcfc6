import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { ask } from "../../test/server/ask.ts";
import { addAccounts, temporaryFolder } from "../../test/server/start.ts";
import { runCommandLine } from "./main.ts";

const main = join(import.meta.dirname, "main.ts");

/** Starts `mn review ARGS` in a process of its own, on the workspace `workspace` in `folder`. */
function start(folder: string, ...args: string[]): ChildProcess {
  const words = ["--disable-warning=ExperimentalWarning", main, "review", ...args];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** Runs `mn review ARGS` here, where it ends by itself. */
async function review(folder: string, ...args: string[]) {
  const spies = [vi.spyOn(process.stdout, "write"), vi.spyOn(process.stderr, "write")] as const;
  for (const spy of spies) spy.mockReturnValue(true);
  const code = await runCommandLine(["review", ...args, "--workspace", join(folder, "workspace")]);
  const [output, messages] = spies.map((spy) => spy.mock.calls.map(([part]) => part).join(""));
  for (const spy of spies) spy.mockRestore();
  return { code, output: output ?? "", messages: messages ?? "" };
}

interface Announcement {
  address: string;
  token: string;
  port: number;
  pid: number;
}

async function announcementOf(child: ChildProcess): Promise<Announcement> {
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return JSON.parse(line.toString()) as Announcement;
}

test("mn review makes a workspace, lets in who has the address, ends at a signal, and goes on for the same windows", async () => {
  const folder = temporaryFolder();
  const child = start(folder, "--json", "--no-open");
  const messages = text(child.stderr!);
  const { address, token, port, pid } = await announcementOf(child);
  expect(address).toBe(`http://127.0.0.1:${port}/?token=${token}`);
  expect(pid).toBe(child.pid);
  const cookie = (await ask(port, { path: `/?token=${token}` })).headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const session = await ask(port, { path: "/api/session", headers: { cookie } });
  expect(JSON.parse(session.body)).toMatchObject({ workspace: "workspace", accounts: false, account: null });

  // A window that listens does not keep the server from ending.
  const events = await fetch(`http://127.0.0.1:${port}/api/events`, { headers: { cookie } });
  const closed = once(child, "close");
  // Twice, as where a whole group of processes is told to end.
  child.kill("SIGTERM");
  child.kill("SIGTERM");
  expect(await events.text()).toContain('"hello"');
  expect(await closed).toEqual([0, null]);
  expect(await messages).toBe('There was no workspace in "workspace": made one.\nEnding ...\n');

  const again = start(folder, "--json", "--no-open", "--port", String(port));
  expect((await announcementOf(again)).address).toBe(address);
  expect((await ask(port, { path: "/api/session", headers: { cookie } })).status).toBe(200);
});

test("a port that is taken, and other machines without accounts, are refused as wrong usage", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  for (const [code, ...args] of [
    ["PORT_TAKEN", "--port", String(port)],
    ["ACCOUNTS_REQUIRED", "--listen", "0.0.0.0"],
    ["LISTEN_ADDRESS_INVALID", "--listen", "laboratory.example"],
    ["TLS_ORIGIN_INVALID", "--behind-tls", "http://laboratory.example"],
  ] as const) {
    const refused = await review(temporaryFolder(), "--no-open", ...args);
    expect([refused.code, refused.messages]).toEqual([2, expect.stringContaining(`error ${code}: `)]);
  }
  expect((await review(temporaryFolder(), "--port", "0")).code).toBe(2);
});

test("an account is made with a password from standard input, of ten characters at least", async () => {
  const add = async (password: string) => {
    const folder = temporaryFolder();
    const child = start(folder, "account", "add", "Ada", "--role", "admin");
    child.stdin!.end(password);
    const [output, messages, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, "close"),
    ]);
    return { output, messages, code: code as number, made: existsSync(join(folder, "workspace/accounts.json")) };
  };
  const [good, weak] = await Promise.all([add("a long pass phrase\n"), add("too short\n")]);
  expect(good).toMatchObject({ code: 0, made: true });
  expect(good.output).toContain("Account: Ada, admin. From now on everybody logs in");
  expect(weak).toMatchObject({ code: 2, made: false });
  expect(weak.messages).toContain("PASSWORD_WEAK");
});

test("accounts are listed without their passwords, and disabled by a name in any case, but not the last admin", async () => {
  const folder = temporaryFolder();
  await addAccounts(folder, { Ada: "admin", Leo: "reader" });
  expect((await review(folder, "account", "disable", "Ada")).messages).toContain("ACCOUNT_LAST_ADMIN");
  expect((await review(folder, "account", "disable", "leo")).output).toBe("Account: Leo, reader, disabled.\n");
  expect((await review(folder, "account", "disable", "Eve")).messages).toContain("ACCOUNT_UNKNOWN");
  const { output } = await review(folder, "account", "list", "--json");
  expect(JSON.parse(output)).toEqual({
    accounts: [
      { name: "Ada", role: "admin", disabled: false, createdAt: expect.any(String) },
      { name: "Leo", role: "reader", disabled: true, createdAt: expect.any(String) },
    ],
  });
});
