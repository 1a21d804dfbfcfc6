import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { RandomStream } from "../src/core/random.ts";
import { ReviewQueues } from "../src/review/queues.ts";
import type { CellList } from "../src/server/api/cells.ts";
import { importCells } from "../src/workspace/import-cells.ts";
import { listCells } from "../src/workspace/listed-cells.ts";
import { ensureScoring } from "../src/workspace/scorings.ts";
import { createStudy, type Study, studyOfNumber } from "../src/workspace/study.ts";
import { sampleNamed } from "../src/workspace/study-table.ts";
import { Workspace } from "../src/workspace/workspace.ts";
import { percentile } from "./statistics.ts";

const MN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const PER_SECOND = 20;
const CELLS_OF_A_SAMPLE = 2_000;
const POSITIVE_SHARE = 0.03;
const PAGE = 100;

/**
 * What a reader waits for in a study of `cells` scored cells: the first page of each queue and later ones, and decisions at 20 a
 * second for `seconds`, each sent to a server of its own process and counted in the database afterwards.
 */
export async function benchLabels({ cells, seconds }: { cells: number; seconds: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const workspace = await Workspace.create(join(folder, "laboratory"), () => new Date());
  const study = await makeStudy(workspace, cells);
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

async function makeStudy(workspace: Workspace, cells: number): Promise<Study> {
  const { id } = await createStudy(workspace, "bench", {
    name: "large",
    design: { title: "large", kind: "frequency" },
  });
  const scoring = await ensureScoring(workspace, "bench", {
    ...{
      studyId: id,
      modelSha256: "made",
      modelPath: "made.onnx",
      model: {},
      threshold: 0.5,
      settings: {},
      version: "0",
    },
  });
  await importCells(workspace, "bench", {
    studyId: id,
    source: { path: "made", base: "/made", sha256: null },
    cells: makeCells(cells),
    scoring,
    codes: new RandomStream("bench"),
  });
  return await studyOfNumber(workspace.db, id);
}

async function* makeCells(cells: number) {
  const stream = new RandomStream("bench labels");
  for (let from = 0; from < cells; from += CELLS_OF_A_SAMPLE) {
    const sample = sampleNamed(`Sample ${from / CELLS_OF_A_SAMPLE}`);
    yield Array.from({ length: Math.min(CELLS_OF_A_SAMPLE, cells - from) }, (_, index) => {
      const isPositive = stream.chance(POSITIVE_SHARE);
      return {
        ...{
          sample,
          slide: "1",
          file: `${index}.png`,
          originalId: null,
          x: null,
          y: null,
          columnsJson: null,
          sha256: null,
        },
        prediction: {
          outcome: isPositive ? ("positive" as const) : ("negative" as const),
          probability: isPositive ? stream.uniform(0.5, 1) : stream.uniform(0, 0.5),
          ...{ quality: "ok", attentionX: null, attentionY: null, attentionPeak: null, error: null },
        },
      };
    });
  }
}
