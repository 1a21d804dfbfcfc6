import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { registerEvaluate } from "./evaluate-scores.ts";

/** Worked example, computed in Python with scikit-learn: AUC 0.88, AP 0.902857, F1 0.8 at 0.5. */
const LABELS = [..."1011001001"];
const PROBABILITIES = [0.95, 0.1, 0.8, 0.55, 0.45, 0.2, 0.7, 0.6, 0.05, 0.35];

let folder: string;
let scores: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-command-"));
  scores = join(folder, "scores.csv");
  const rows = LABELS.map((label, cell) => `${cell}.png,${label},${PROBABILITIES[cell]},field ${cell % 4},\n`);
  await writeFile(scores, `file,label,probability,field,error\n${rows.join("")}x.png,1,,field 0,truncated\n`);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

/** Runs `mn evaluate ...`; returns what it wrote to standard output and to standard error. */
async function evaluate(...args: string[]): Promise<{ output: string; errors: string }> {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerEvaluate(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });
  const written = { output: "", errors: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written.output += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.errors += text;
    return true;
  });
  try {
    await program.parseAsync(["evaluate", ...args], { from: "user" });
  } finally {
    vi.restoreAllMocks();
  }
  return written;
}

test("--json prints the metrics of the worked example as one document", async () => {
  const { output } = await evaluate("--scores", scores, "--json");
  const result = JSON.parse(output);
  expect(result).toMatchObject({
    cells: 10,
    positives: 5,
    threshold: 0.5,
    confusion: { tp: 4, fp: 1, fn: 1, tn: 4 },
    rows: 11,
    leftOut: { withError: 1, withoutProbability: 0, withoutLabel: 0, ofOtherLabel: 0 },
    intervals: { unit: "cell", units: 10 },
  });
  expect(result.auc).toBeCloseTo(0.88, 14);
  expect(result.ap).toBeCloseTo(0.9028571428571428, 14);
  expect(result.f1).toBeCloseTo(0.8, 14);
  for (const metric of ["auc", "ap", "f1", "sensitivity", "specificity"]) {
    const [low, high] = result[`${metric}_ci95`];
    expect(low).toBeLessThanOrEqual(result[metric]);
    expect(high).toBeGreaterThanOrEqual(result[metric]);
  }
});

test("the threshold and the groups are what was asked for", async () => {
  const { output } = await evaluate("--scores", scores, "--json", "--threshold", "0.75", "--group-by", "field");
  expect(JSON.parse(output)).toMatchObject({
    threshold: 0.75,
    confusion: { tp: 2, fp: 0, fn: 3, tn: 5 },
    intervals: { unit: "group", units: 4, groupedBy: "field" },
    groups: [{ group: "field 0" }, { group: "field 1" }, { group: "field 2" }, { group: "field 3" }],
  });
});

test("for a reader: the numbers, the matrix, what was left out and where the report is", async () => {
  const out = join(folder, "evaluation");
  const { output, errors } = await evaluate("--scores", scores, "--out", out);
  expect(output).toContain("10 cells, 5 positive. Called positive from 0.5 on (the default).");
  expect(output).toMatch(/AUC +0\.880 +0\.\d{3} to 1\.000/);
  expect(output).toContain(`Report: ${join(out, "report.html")}`);
  expect(errors).toContain("1 of 11 rows are in no number: 1 with an error.");
  expect(JSON.parse(await readFile(join(out, "evaluation.json"), "utf8"))).toMatchObject({ cells: 10 });
  expect(await readFile(join(out, "report.html"), "utf8")).toContain("1 of 11 rows are in no number");
});

test("the same seed writes the same bytes", async () => {
  const [first, second, other] = [
    await evaluate("--scores", scores, "--json"),
    await evaluate("--scores", scores, "--json"),
    await evaluate("--scores", scores, "--json", "--seed", "2"),
  ];
  expect(second.output).toBe(first.output);
  expect(other.output).not.toBe(first.output);
});

test("without scores the command says what it needs", async () => {
  await expect(evaluate()).rejects.toMatchObject({ code: "NOTHING_TO_EVALUATE" });
});

test("a threshold that is no number is wrong usage", async () => {
  await expect(evaluate("--scores", scores, "--threshold", "half")).rejects.toMatchObject({
    code: "commander.invalidArgument",
  });
});
