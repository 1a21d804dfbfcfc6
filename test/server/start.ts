import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { Accounts } from "../../src/server/accounts.ts";
import type { AccountRole } from "../../src/server/api/session.ts";
import { type ReviewSettings, type RunningReview, startReview } from "../../src/server/start-review.ts";

/** What no address may ever answer. */
export const CANARY = "canary: a file of this machine that is nobody's business";

export const PASSWORD = "correct horse battery staple";

/** Quick to compute: what is tested is what the server does with it. */
const CHEAP = { n: 2 ** 10, r: 8, p: 1 };

export interface TestReview extends RunningReview {
  /** Of the workspace; in the same folder as `canary.txt` and the web application's `web`. */
  readonly folder: string;
}

/** A folder that goes with `end`. */
export function temporaryFolder(end: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "micronuclei-server-"));
  end(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a canary, a small web application, and a place for a workspace. */
export async function plant(root: string): Promise<{ folder: string; webFolder: string }> {
  const webFolder = join(root, "web");
  await mkdir(join(webFolder, "assets"), { recursive: true });
  await writeFile(join(root, "canary.txt"), CANARY);
  await writeFile(join(root, "canary.png"), CANARY);
  await writeFile(
    join(webFolder, "index.html"),
    '<!doctype html><script type="module" src="/assets/app-1.js"></script>',
  );
  await writeFile(join(webFolder, "assets/app-1.js"), "export {};");
  return { folder: join(root, "workspace"), webFolder };
}

/** A listening server of an empty workspace in `root`. */
export async function start(root: string, settings: Partial<ReviewSettings> = {}): Promise<TestReview> {
  const { folder, webFolder } = await plant(root);
  const review = await startReview({
    folder,
    webFolder,
    port: 0,
    listen: "127.0.0.1",
    tlsOrigin: null,
    version: "1.2.3",
    now: () => new Date(),
    message: () => {},
    ...settings,
  });
  return { ...review, folder };
}

export async function addAccounts(root: string, people: Record<string, AccountRole>): Promise<Accounts> {
  const accounts = await Accounts.open(join(root, "workspace"), { now: () => new Date(), cost: CHEAP });
  for (const [name, role] of Object.entries(people)) await accounts.add({ name, role, password: PASSWORD });
  return accounts;
}
