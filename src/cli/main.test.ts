import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { ImageError, UsageError } from "../core/errors.ts";
import { createProgram, runCommandLine } from "./main.ts";

let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

const textOf = (spy: MockInstance<typeof process.stdout.write>): string =>
  spy.mock.calls.map(([part]) => part).join("");

/** Runs a command line of the real program with one more command, `work`, that does `action`. */
function runWork(action: () => void, ...args: string[]): Promise<number> {
  const program = createProgram();
  program.command("work").action(action);
  return runCommandLine(["work", ...args], program);
}

const throwing = (error: unknown) => () => {
  throw error;
};

test("a command that returns exits with 0", async () => {
  expect(await runWork(() => {})).toBe(0);
  expect(textOf(stderr)).toBe("");
});

test("an expected error exits with 1 and prints its code, its message and what caused it", async () => {
  const cause = new Error("unexpected end of file");
  expect(await runWork(throwing(new ImageError("IMAGE_TRUNCATED", "a.png stops early.", { cause })))).toBe(1);
  expect(textOf(stderr)).toBe("error IMAGE_TRUNCATED: a.png stops early.\n  Cause: unexpected end of file\n");
  expect(textOf(stdout)).toBe("");
});

test("with --json an expected error is also one JSON document on standard output", async () => {
  expect(await runWork(throwing(new ImageError("IMAGE_TRUNCATED", "a.png stops early.")), "--json")).toBe(1);
  expect(JSON.parse(textOf(stdout))).toEqual({ error: { code: "IMAGE_TRUNCATED", message: "a.png stops early." } });
});

test("wrong usage exits with 2, whether commander or a command finds it", async () => {
  expect(await runWork(throwing(new UsageError("NO_INPUT", "Name a folder.")))).toBe(2);
  expect(await runWork(() => {}, "--no-such-option")).toBe(2);
});

test("a fault of ours exits with 1, shows the stack and asks for a report", async () => {
  expect(await runWork(throwing(new TypeError("x is undefined")), "--json")).toBe(1);
  expect(textOf(stderr)).toMatch(/Please report it.*TypeError: x is undefined\n {4}at /s);
  expect(JSON.parse(textOf(stdout))).toEqual({ error: { code: "UNEXPECTED", message: "x is undefined" } });
});

test("an unknown command exits with 2 and names the nearest", async () => {
  expect(await runCommandLine(["evalute"])).toBe(2);
  expect(textOf(stderr)).toContain("Did you mean evaluate?");
});

test("--help and --version exit with 0", async () => {
  expect(await runCommandLine(["--help"])).toBe(0);
  expect(await runCommandLine(["--version"])).toBe(0);
  expect(textOf(stdout)).toContain("Usage: mn");
});

const root = resolve(import.meta.dirname, "../..");
const startMn = (...args: string[]) => spawn(process.execPath, [join(root, "src/cli/main.ts"), ...args]);

test("started as a program, mn prints the version of package.json", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(await text(startMn("--version").stdout)).toBe(`${version}\n`);
});

test("a reader that closes the pipe early is no error", async () => {
  const child = startMn("--help");
  child.stdout.destroy();
  const [complaints, exitCode] = await Promise.all([
    text(child.stderr),
    new Promise((done) => {
      child.on("close", done);
    }),
  ]);
  expect({ complaints, exitCode }).toEqual({ complaints: "", exitCode: 0 });
});
