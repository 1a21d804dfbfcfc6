import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ReviewQueues } from "../src/review/queues.ts";
import type { CellList } from "../src/server/api/cells.ts";
import { listCells } from "../src/workspace/listed-cells.ts";
import type { Study } from "../src/workspace/study.ts";
import { Workspace } from "../src/workspace/workspace.ts";
import { makeStudy } from "./made-study.ts";
import { percentile } from "./statistics.ts";

const MN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const PER_SECOND = 20;
/** Nobody looks at their pictures. */
const FILES = {
  base: "/made",
  cellsOfSample: 2_000,
  fileOf: (_sample: number, cell: number) => ({ file: `${cell}.png`, sha256: null }),
};
const PAGE = 100;

/**
 * What a reader waits for in a study of `cells` scored cells: the first page of each queue and later ones, and decisions at 20 a
 * second for `seconds`, each sent to a server of its own process and counted in the database afterwards.
 */
export async function benchLabels({ cells, seconds }: { cells: number; seconds: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const workspace = await Workspace.create(join(folder, "laboratory"), () => new Date());
  const study = await makeStudy(workspace, cells, FILES);
  await benchQueues(workspace, study);
  await workspace.close();
  await benchDecisions(join(folder, "laboratory"), study, seconds);
  await rm(folder, { recursive: true });
}

async function benchQueues({ db }: Workspace, study: Study): Promise<void> {
  const queues = new ReviewQueues(db);
  const scope = { study, threshold: 0.5, sampleId: null };
  for (const name of ["all", "uncertain", "positive"] as const) {
    const started = performance.now();
    const ids = await queues.cells(scope, name, "Ben");
    const read = performance.now() - started;
    const pages: number[] = [];
    for (let page = 0; page < 50; page++) {
      const from = Math.floor((ids.length * page) / 50);
      const begun = performance.now();
      const again = await queues.cells(scope, name, "Ben");
      await listCells(db, study, again.slice(from, from + PAGE));
      pages.push(performance.now() - begun);
    }
    console.log(
      `${name.padEnd(10)} ${ids.length} cells: first look ${read.toFixed(0)} ms, then ${describe(pages)} a page of ${PAGE}`,
    );
  }
}

async function benchDecisions(folder: string, study: Study, seconds: number): Promise<void> {
  const { child, address } = await startReview(folder);
  const api = async <Content>(path: string, body?: unknown): Promise<Content> => {
    const answer = await fetch(`${address.origin}/api/${path}`, {
      headers: {
        authorization: `Bearer ${address.token}`,
        "x-reader": "Ben",
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Content;
  };
  const { cells } = await api<CellList>(`studies/${study.id}/cells?queue=uncertain&limit=500`);
  const times: number[] = [];
  const underWay: Promise<void>[] = [];
  const started = performance.now();
  const total = PER_SECOND * seconds;
  for (let sent = 0; sent < total; sent++) {
    await wait(Math.max(0, started + (1000 * sent) / PER_SECOND - performance.now()));
    const cellId = cells[sent % cells.length]?.id;
    const label = { key: randomUUID(), cellId, finding: "mn", micronuclei: 1 + (sent % 9), queue: "uncertain" };
    const begun = performance.now();
    underWay.push(
      api(`studies/${study.id}/labels`, { labels: [label] }).then(() => void times.push(performance.now() - begun)),
    );
  }
  await Promise.all(underWay);
  child.kill("SIGKILL");
  await once(child, "exit");
  const workspace = await Workspace.open(folder, () => new Date());
  const kept = await workspace.db.selectFrom("label").select("id").execute();
  await workspace.close();
  console.log(
    `${times.length} decisions answered in ${seconds} s, ${kept.length} in the database after a kill: ${describe(times)} each`,
  );
}

async function startReview(
  folder: string,
): Promise<{ child: ChildProcess; address: { origin: string; token: string } }> {
  const args = ["review", "--workspace", folder, "--no-open", "--json"];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MN, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(() => Promise.reject(new Error("The server ended before it listened."))),
  ]);
  const { port, token } = JSON.parse(line as string) as { port: number; token: string };
  return { child, address: { origin: `http://127.0.0.1:${port}`, token } };
}

function describe(milliseconds: readonly number[]): string {
  const at = (share: number): string => percentile(milliseconds, share).toFixed(1);
  return `median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`;
}
