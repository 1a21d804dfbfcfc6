import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { RandomStream } from "../../src/core/random.ts";
import { verifyAudit } from "../../src/workspace/audit-verify.ts";
import { sampleNamed } from "../../src/workspace/study-table.ts";
import { Workspace } from "../../src/workspace/workspace.ts";
import { madeStudy, NOON } from "./made-study.ts";

const KILLS = 20;
const SCRIPT = join(import.meta.dirname, "label-until-killed.ts");

/** Lets a reader work in a process of its own until the `labels`-th label is confirmed, then kills it a moment later. */
async function labelAndDie(folder: string, reader: string, labels: number, moment: number): Promise<number[]> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SCRIPT, folder, reader], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const enough = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.split("\n").length > labels) resolve();
    });
    child.once("exit", () => reject(new Error(`The labelling process ended by itself after: ${said}`)));
  });
  await enough;
  await wait(moment);
  const gone = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await gone;
  // A last line that the kill cut short names no label.
  return said.split("\n").slice(0, -1).map(Number);
}

test(`nothing that was confirmed is lost when the writer is killed ${KILLS} times, two at once`, {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "mn-killing-"));
  const workspace = await Workspace.create(folder, NOON);
  await madeStudy(workspace, [{ sample: sampleNamed("A"), outcomes: { positive: 5, negative: 5 } }]);
  const stream = new RandomStream("moments of death");
  const confirmed: number[] = [];
  for (let pair = 0; pair < KILLS / 2; pair++) {
    const work = (reader: string) => labelAndDie(folder, reader, 1 + stream.integer(6), stream.uniform(0, 8));
    confirmed.push(...(await Promise.all([work("Ben"), work("Cleo")])).flat());
  }
  const kept = new Set((await workspace.db.selectFrom("label").select("id").execute()).map(({ id }) => id));
  expect(confirmed.length).toBeGreaterThan(KILLS);
  expect(new Set(confirmed).size, "no two labels share a number").toBe(confirmed.length);
  expect(confirmed.filter((id) => !kept.has(id))).toEqual([]);
  // Each death can leave one label that was written and not yet said.
  expect(kept.size - confirmed.length).toBeLessThanOrEqual(KILLS);
  expect((await verifyAudit(workspace)).faults).toEqual([]);
  await workspace.close();
  await rm(folder, { recursive: true });
});
