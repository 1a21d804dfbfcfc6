import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MN = join(import.meta.dirname, "../../src/cli/main.ts");

/** `mn review` as a person starts it: a process of its own. */
export interface ReviewProcess {
  /** With the token, where there is one. */
  readonly address: string;
  readonly port: number;
  readonly token: string | null;
  /** As a power cut would: without a word. Resolves when it is dead. */
  kill(): Promise<void>;
}

/** Starts it on a workspace and resolves once it listens. */
export async function startReviewProcess(workspace: string, port: number): Promise<ReviewProcess> {
  const words = ["review", "--workspace", workspace, "--port", String(port), "--no-open", "--json"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MN, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error("mn review ended before it listened."))),
  ]);
  return { ...(JSON.parse(line as string) as Omit<ReviewProcess, "kill">), kill: () => kill(child) };
}

/** One that no other server takes by itself while this one is away, as it would take the usual port. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const dead = once(child, "exit");
  child.kill("SIGKILL");
  await dead;
}
