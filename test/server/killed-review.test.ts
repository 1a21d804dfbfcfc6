import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random.ts";
import type { NewLabel } from "../../src/server/api/cells.ts";
import { verifyAudit } from "../../src/workspace/audit-verify.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { cellsOf, madeStudy, NOON } from "../workspace/made-study.ts";
import { type Door, labelOf, ReviewClient } from "./review-client.ts";
import { temporaryFolder } from "./start.ts";

const MN = join(import.meta.dirname, "../../src/cli/main.ts");
const KILLS = 3;

/** `mn review` as a process of its own, once it listens. */
async function startProcess(folder: string): Promise<{ child: ChildProcess; door: Door }> {
  const args = [MN, "review", "--workspace", folder, "--no-open", "--json"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error("The server ended before it listened."))),
  ]);
  return { child, door: JSON.parse(line as string) as Door };
}

test(`a server killed ${KILLS} times while decisions come in has every one that it answered, and none twice`, {
  timeout: 120_000,
}, async () => {
  const folder = join(temporaryFolder(), "workspace");
  const workspace = await Workspace.create(folder, NOON);
  await madeStudy(workspace, [{ sample: sampleNamed("A"), outcomes: { positive: 400 } }]);
  const cells = await cellsOf(workspace, "A");
  const stream = new RandomStream("moments of death");
  const sent: NewLabel[] = [];
  const answered = new Set<string>();
  let unanswered: NewLabel | null = null;
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, door } = await startProcess(folder);
    const ben = new ReviewClient(door, "Ben");
    const gone = once(child, "exit");
    setTimeout(() => child.kill("SIGKILL"), stream.uniform(200, 600));
    for (;;) {
      // What was not answered is sent again under its key, as a window does.
      const label: NewLabel = unanswered ?? labelOf(cells[sent.length % cells.length] ?? 0, 1);
      if (unanswered === null) sent.push(label);
      unanswered = label;
      const answer = await ben.ask("POST", "studies/1/labels", { labels: [label] }).catch(() => null);
      if (answer === null) break;
      expect(answer.status, answer.body).toBe(200);
      answered.add(label.key);
      unanswered = null;
    }
    await gone;
  }
  const kept = await workspace.db
    .selectFrom("label_key")
    .innerJoin("label", "label.id", "label_key.label_id")
    .select("key")
    .execute();
  const keys = kept.map(({ key }) => key);
  expect(answered.size).toBeGreaterThan(KILLS);
  expect([...answered].filter((key) => !keys.includes(key))).toEqual([]);
  const labels = await workspace.db.selectFrom("label").select("id").execute();
  expect(labels.length, "a label for each key").toBe(keys.length);
  // Only the very last decision can have been written without an answer.
  expect(keys.length - answered.size).toBeLessThanOrEqual(1);
  expect((await verifyAudit(workspace)).faults).toEqual([]);
  await workspace.close();
});
