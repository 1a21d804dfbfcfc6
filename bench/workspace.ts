import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { RandomStream } from "../src/core/random.ts";
import { MODEL_IN_THE_BOX } from "../src/scoring/model.ts";

const MN = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
const SAMPLES = 500;
/** Shares of cells with a high probability: a background that rises with the dose of the calibration samples. */
const BACKGROUND = 0.01;

/**
 * A workspace with many scored cells in 500 samples: how long the import, the study page's numbers and the report take,
 * each as a process of its own, as a user would run it.
 */
export async function benchWorkspace({ cells }: { cells: number }): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mn-bench-"));
  const table = join(folder, "scores.csv");
  await writeScores(table, cells);
  const workspace = join(folder, "laboratory");
  const inWorkspace = ["--workspace", workspace, "--quiet"];
  mn("workspace", "init", workspace, "--quiet");
  mn("study", "create", "large", "--kind", "biodosimetry", ...inWorkspace, "--by", "bench");
  const scored = ["--scored-by", MODEL_IN_THE_BOX, "--no-hash", "--by", "bench"];
  report("import", mn("study", "import", "large", table, ...scored, ...inWorkspace));
  report("mn study show", mn("study", "show", "large", ...inWorkspace));
  const out = join(folder, "report");
  report("report without PDF", mn("report", "large", "--out", out, "--pdf", "never", ...inWorkspace));
  report("mn audit verify", mn("audit", "verify", ...inWorkspace));
  const database = (await stat(join(workspace, "workspace.sqlite")).catch(() => null))?.size;
  if (database !== undefined) console.log(`database: ${(database / 2 ** 20).toFixed(0)} MB`);
  await rm(folder, { recursive: true });
}

function mn(...args: string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [MN, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`mn ${args.join(" ")} ended with ${status}: ${stderr}`);
  return (performance.now() - started) / 1000;
}

function report(what: string, seconds: number): void {
  console.log(`${what.padEnd(20)} ${seconds.toFixed(1)} s`);
}

async function writeScores(path: string, cells: number): Promise<void> {
  const stream = new RandomStream("bench workspace");
  const file = createWriteStream(path);
  file.write("file,sample,slide,role,dose,unit,x,y,probability,quality\n");
  const perSample = Math.floor(cells / SAMPLES);
  for (let sample = 0; sample < SAMPLES; sample++) {
    const calibration = sample < 70;
    const dose = (sample % 7) * 0.5;
    const rate = BACKGROUND + (calibration ? 0.02 * dose + 0.005 * dose * dose : 0.03);
    const about = calibration ? `calibration,${dose},Gy` : "unknown,,";
    const rows = Array.from({ length: perSample }, (_, cell) => {
      const probability = stream.chance(rate) ? stream.uniform(0.75, 1) : stream.uniform(0, 0.5);
      return `s${sample}/c${cell}.png,Sample ${sample},1,${about},${cell % 1000},${Math.floor(cell / 1000)},${probability.toFixed(6)},ok\n`;
    });
    if (!file.write(rows.join(""))) await new Promise<void>((resolve) => file.once("drain", () => resolve()));
  }
  file.end();
  await finished(file);
}
