import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { drawTinyDataset, TINY_SETTINGS } from "../../test/training/tiny-run.ts";
import { readSettingsFile } from "../core/settings-file.ts";
import { parseTrainingSettings } from "../training/settings.ts";
import { runCommandLine } from "./main.ts";

let folder: string;
let manifest: string;
const written = { out: "", err: "" };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-tune-"));
  ({ manifest } = await drawTinyDataset());
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  Object.assign(written, { out: "", err: "" });
  for (const [stream, key] of [
    [process.stdout, "out"],
    [process.stderr, "err"],
  ] as const) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      written[key] += text;
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

async function tune(settings: string, ...options: string[]): Promise<number> {
  writeFileSync(join(folder, "grid.yaml"), settings);
  const files = ["--settings", join(folder, "grid.yaml"), "--out", join(folder, "out")];
  return runCommandLine(["tune", manifest, ...files, "--device", "cpu", "--threads", "1", ...options]);
}

const GRID = `# two learning rates
base: ${JSON.stringify({ ...TINY_SETTINGS, epochs: 1 })}
vary:
  schedule.learningRate: [0.01, 0.001]
`;

test("mn tune writes plan, table, page and the best settings, and prints one JSON document", {
  timeout: 120_000,
}, async () => {
  expect(await tune(GRID, "--folds", "1", "--json")).toBe(0);
  expect(process.exitCode).toBeUndefined();
  const result = JSON.parse(written.out);
  expect(result).toMatchObject({ folds: 1, left: 0, failed: [], varied: ["schedule.learningRate"] });
  expect(written.err).toContain("Plan: 2 combinations of schedule.learningRate, the data's own split: 2 trainings.");
  expect(written.err).toMatch(/Trainings: 1 of 2 finished, about \d+ s left\./);
  const read = (name: string) => readFileSync(join(folder, "out", name), "utf8");
  expect(JSON.parse(read("tuning.json")).candidates).toEqual(result.candidates);
  expect(read("tuning.csv").split("\r\n")[0]).toMatch(/^Rank,schedule\.learningRate,AUC,/);
  expect(read("tuning.md")).toContain("| Rank | schedule.learningRate | AUC |");
  expect(read("tuning.html")).not.toMatch(/(?:src|href)="(?!data:|#)/);
  const best = await readSettingsFile(result.best);
  expect(parseTrainingSettings(best.value, "best.yaml")).toEqual(result.candidates[0].settings);
});

test("a settings file that cannot be used is refused with its line before anything is trained", async () => {
  expect(await tune(`${GRID}  loss.gamma: [-1]\n`)).toBe(2);
  expect(written.err).toMatch(/error TRAINING_SETTINGS: .*\n {2}line 5: loss\.gamma: Too small/);
  expect(await tune("vary:\n\tbatch: [8]\n")).toBe(2);
  expect(written.err).toMatch(/error SETTINGS_UNREADABLE: .*line 2, column 1: Tabs are not allowed/);
});

test("mn train takes settings in YAML, and names the line of a wrong one", async () => {
  const settings = join(folder, "train.yaml");
  writeFileSync(settings, "epochs: 3   # few\nloss:\n  gama: 2\n");
  expect(await runCommandLine(["train", manifest, "--settings", settings, "--out", join(folder, "run")])).toBe(2);
  expect(written.err).toMatch(/error TRAINING_SETTINGS: .*\n {2}line 3: loss\.gama: There is no such setting/);
});
