import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, test } from "vitest";

const scripts = resolve(import.meta.dirname, "../scripts");
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-scripts-"));
  return () => rmSync(folder, { recursive: true });
});

/** Starts scripts/run.mjs on a program with the given source. */
function run(source: string, ...args: string[]): ChildProcess {
  const program = join(folder, "program.ts");
  writeFileSync(program, source);
  // What npm test has set for the tests is not what a user has set.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  return spawn(process.execPath, [join(scripts, "run.mjs"), program, ...args], { stdio: "pipe", env });
}

type Ending = { code: number | null; signal: NodeJS.Signals | null; output: string };

async function ended(child: ChildProcess): Promise<Ending> {
  const output = text(child.stdout!);
  return new Promise((done) => {
    child.on("close", async (code, signal) => done({ code, signal, output: await output }));
  });
}

test("arguments and the exit code pass through unchanged", async () => {
  const child = run(
    "console.log(JSON.stringify(process.argv.slice(2))); process.exitCode = 7",
    "a b",
    "",
    '"',
    "--x=*",
  );
  expect(await ended(child)).toEqual({ code: 7, signal: null, output: '["a b","","\\"","--x=*"]\n' });
});

test("the program runs on Node 24 or newer, without warnings of Node", async () => {
  const child = run('import "node:sqlite"; console.log(Number.parseInt(process.versions.node))');
  const [{ output }, complaints] = await Promise.all([ended(child), text(child.stderr!)]);
  expect(Number(output)).toBeGreaterThanOrEqual(24);
  expect(complaints).toBe("");
});

test("the program and its threads find TypeScript without types and compiled code of the last start", async () => {
  const source = `
    import { getCompileCacheDir } from "node:module";
    import { isMainThread, Worker } from "node:worker_threads";
    console.log(getCompileCacheDir());
    if (isMainThread) new Worker(new URL(import.meta.url));
  `;
  const folders = (output: string) => output.trim().split("\n");
  const [ofProgram, ofThread, ...more] = folders((await ended(run(source))).output);
  expect(more).toEqual([]);
  expect(ofProgram).toContain(join(scripts, "../node_modules/.cache/node-compile"));
  expect(ofThread).toBe(ofProgram);
});

// Windows has no signals between programs.
test.skipIf(process.platform === "win32")(
  "an interrupt reaches the program once, and it may finish its work",
  async () => {
    const child = run(`
    process.on("SIGINT", () => console.log("interrupted"));
    setTimeout(() => { process.exitCode = 3 }, 500);
    console.log("ready");
  `);
    child.stdout!.once("data", () => child.kill("SIGINT"));
    expect(await ended(child)).toEqual({ code: 3, signal: null, output: "ready\ninterrupted\n" });
  },
);

test.skipIf(process.platform === "win32")("a signal that ends the program ends the script too", async () => {
  const child = run('setInterval(() => {}, 1000); console.log("ready")');
  child.stdout!.once("data", () => child.kill("SIGTERM"));
  expect(await ended(child)).toEqual({ code: null, signal: "SIGTERM", output: "ready\n" });
});

test("paths on npm's command line mean the folder where npm was called, not the project's", async () => {
  const env = { ...process.env, npm_lifecycle_event: "mn", INIT_CWD: folder };
  const drawOneCell = ["dataset", "synthesize", "--out", "drawn", "--cells", "1"];
  const mn = spawn(process.execPath, [join(scripts, "mn.mjs"), ...drawOneCell], { env });
  expect(await ended(mn)).toMatchObject({ code: 0 });
  expect(existsSync(join(folder, "drawn/manifest.csv"))).toBe(true);
});
