import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type Console, createConsole, formatDuration, formatTable, type Output } from "./console.ts";

/** A stream that keeps what is written to it. */
function memory(isTTY: boolean): Output & { text(): string } {
  let written = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      written += String(chunk);
      done();
    },
  });
  return Object.assign(stream, { isTTY, text: () => written });
}

type Session = { console: Console; output: () => string; errors: () => string; wait: (milliseconds: number) => void };

function session(settings: { json?: boolean; quiet?: boolean; terminal?: boolean } = {}): Session {
  let time = 1_000_000;
  const terminal = settings.terminal ?? false;
  const [output, errors] = [memory(terminal), memory(terminal)];
  const { json = false, quiet = false } = settings;
  return {
    console: createConsole({ json, quiet, output, errors, now: () => time }),
    output: output.text,
    errors: errors.text,
    wait: (milliseconds) => {
      time += milliseconds;
    },
  };
}

test("a result goes to standard output as text, a message to standard error", () => {
  const { console, output, errors } = session();
  console.message("reading 3 files");
  console.print("one row");
  console.result({ auc: 0.5 }, "AUC 0.5");
  expect(output()).toBe("one row\nAUC 0.5\n");
  expect(errors()).toBe("reading 3 files\n");
});

test("with --json standard output holds one JSON document and nothing else", () => {
  const { console, output, errors } = session({ json: true });
  console.message("reading 3 files");
  console.print("one row");
  console.result({ auc: 0.5, cells: [1, 2] }, "AUC 0.5");
  expect(JSON.parse(output())).toEqual({ auc: 0.5, cells: [1, 2] });
  expect(errors()).toBe("reading 3 files\n");
});

test("with --quiet only the result is left", () => {
  const { console, output, errors, wait } = session({ quiet: true });
  console.message("reading 3 files");
  console.progress({ stage: "reading", done: 0, total: 2 });
  wait(60_000);
  console.progress({ stage: "reading", done: 1, total: 2 });
  console.result(1, "done");
  expect(output()).toBe("done\n");
  expect(errors()).toBe("");
});

test("a stage of less than two seconds leaves no trace, on a terminal or elsewhere", () => {
  for (const terminal of [true, false]) {
    const { console, errors, wait } = session({ terminal });
    console.progress({ stage: "reading", done: 0, total: 2 });
    wait(1_000);
    console.progress({ stage: "reading", done: 1, total: 2 });
    wait(900);
    console.progress({ stage: "reading", done: 2, total: 2 });
    expect(errors()).toBe("");
  }
});

test("away from a terminal a line comes after two seconds, then every ten, then at the end", () => {
  const { console, errors, wait } = session();
  // One image a second: 2 of 30 after 2 s leaves 28 s, 12 of 30 leaves 18 s, 22 of 30 leaves 8 s.
  for (let done = 0; done <= 30; done++) {
    console.progress({ stage: "scoring", done, total: 30, detail: "loss 0.25" });
    wait(1_000);
  }
  expect(errors().trimEnd().split("\n")).toEqual([
    "scoring: 2 of 30, loss 0.25, 28 s left",
    "scoring: 12 of 30, loss 0.25, 18 s left",
    "scoring: 22 of 30, loss 0.25, 8 s left",
    "scoring: 30 of 30, loss 0.25, in 30 s",
  ]);
});

test("what was done before a resumed stage began does not count as quick work", () => {
  const { console, errors, wait } = session();
  // 60 of 100 are there already; then one a second: after 2 s, 38 s are left.
  for (const done of [60, 61, 62]) {
    console.progress({ stage: "training", done, total: 100 });
    wait(1_000);
  }
  expect(errors()).toBe("training: 62 of 100, 38 s left\n");
});

test("each stage has its own clock", () => {
  const { console, errors, wait } = session();
  console.progress({ stage: "reading", done: 0, total: 9 });
  wait(1_500);
  console.progress({ stage: "writing", done: 0, total: 9 });
  wait(1_500);
  console.progress({ stage: "writing", done: 1, total: 9 });
  expect(errors()).toBe("");
});

test("on a terminal a bar shows the share done and the time left, and a message takes its place", () => {
  const { console, errors, wait } = session({ terminal: true });
  console.progress({ stage: "scoring", done: 0, total: 40 });
  wait(4_000);
  console.progress({ stage: "scoring", done: 10, total: 40 });
  // A quarter is done after 4 s: 6 of 24 characters, 12 s left.
  expect(stripVTControlCharacters(errors())).toContain(`scoring [${"=".repeat(6)}${"-".repeat(18)}] 10/40, 12 s left`);
  console.message("a file could not be read");
  const eraseLine = "\u001b[2K";
  expect(errors()).toContain(`${eraseLine}a file could not be read\n`);
  console.endProgress();
});

test("durations read as a person says them", () => {
  expect([400, 8_000, 59_600, 200_000, 7_500_000].map(formatDuration)).toEqual([
    "0 s",
    "8 s",
    "1 min 00 s",
    "3 min 20 s",
    "2 h 05 min",
  ]);
});

test("a table aligns text to the left and columns of numbers to the right", () => {
  const table = formatTable([
    ["network", "AUC", "parameters"],
    ["alexnet", 0.5, "57,012,034"],
    ["alex-light", "0.934", 12],
  ]);
  expect(table.split("\n")).toEqual([
    "network       AUC  parameters",
    "----------  -----  ----------",
    "alexnet       0.5  57,012,034",
    "alex-light  0.934          12",
  ]);
});
