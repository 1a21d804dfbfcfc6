import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { withoutInternet } from "../../test/core/without-internet.ts";
import type { ExperimentResult } from "../experiments/experiment-result.ts";
import { NARROW } from "../experiments/paper-experiment.ts";
import { synthesizeDataset } from "../synthesis/synthesize-dataset.ts";
import { runCommandLine } from "./main.ts";

let folder: string;
const out = () => join(folder, "out");
const resultOf = (): ExperimentResult => JSON.parse(readFileSync(join(out(), "experiment.json"), "utf8"));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-experiment-"));
  const drawing = { outFolder: join(folder, "drawn"), cells: 60, fields: 12, prevalence: 0.4, side: 67 };
  await synthesizeDataset({ ...drawing, stain: "dapi", seed: 1 }, () => {});
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const paper = (...options: string[]) =>
  runCommandLine([
    ...["experiment", "paper", join(folder, "drawn"), "--out", out(), "--quiet", "--threads", "1", "--device", "cpu"],
    ...["--resamples", "50", ...options],
  ]);

test("the quick preset makes the paper's tables, charts and report of drawn cells", { timeout: 180_000 }, async () => {
  const leftOver = new Set<number>();
  const watching = setInterval(() => {
    if (existsSync(join(out(), "experiment.json"))) leftOver.add(resultOf().left.length);
  }, 50);
  expect(await paper("--preset", "quick")).toBe(0);
  clearInterval(watching);
  // The report is renewed after every training.
  expect([...leftOver]).toEqual(expect.arrayContaining([4, 3, 2, 1]));
  const result = resultOf();
  expect(result.entries.map(({ name }) => name)).toEqual([
    ...["alexnet-attention", "alexnet-attention-tad", "alexnet-attention-ce", "alex-light", "alex-ca"],
  ]);
  expect(result.failed).toEqual([]);
  const tables = ["table-1", "table-2", "table-3", "table-4", "table-5", "table-6", "comparisons", "localisation"];
  for (const name of tables) expect(existsSync(join(out(), `${name}.csv`))).toBe(true);
  const page = readFileSync(join(out(), "report.html"), "utf8");
  expect(page).toContain("Figure 6");
  // Stands alone: nothing is loaded from elsewhere.
  expect(page).not.toMatch(/(?:src|href)="(?!data:|#)/);
  // The proposed network has two attention maps and its evidence.
  expect(Object.keys(result.entries[0]?.localisation ?? {})).toEqual(["evidence", "attention_5", "attention_6"]);
  // TAD leaves the validation set alone; TVAD balances it.
  const validation = result.numbersOfImages.tvad.find(({ split }) => split === "val");
  expect(validation?.after.positive).toBe(validation?.after.negative);
});

test("the same tables are made again where the models, which are large, were removed", async () => {
  const runs = readdirSync(join(out(), "runs")).map((name) => join(out(), "runs", name));
  const move = (from: string, to: string) => {
    for (const run of runs) renameSync(join(run, from), join(run, to));
  };
  const before = resultOf();
  expect(readFileSync(join(out(), "report.html"), "utf8")).not.toContain("Figure 6 is left out");
  move("model.onnx", "model.away");
  try {
    expect(await paper("--preset", "quick")).toBe(0);
    expect(process.exitCode).toBeUndefined();
    expect(resultOf()).toEqual(before);
    expect(readFileSync(join(out(), "report.html"), "utf8")).toContain("Figure 6 is left out");
    // Measurements of another training are not taken.
    const [first] = runs as [string];
    const measurements = readFileSync(join(first, "measurements.json"), "utf8");
    const { subject, ...rest } = JSON.parse(measurements);
    const ofAnother = { subject: { ...subject, testScores: "of another training" }, ...rest };
    writeFileSync(join(first, "measurements.json"), JSON.stringify(ofAnother));
    expect(await paper("--preset", "quick")).toBe(0);
    expect(process.exitCode).toBe(1);
    expect(resultOf().failed).toMatchObject([{ code: "EXPERIMENT_MODEL_GONE" }]);
    expect(resultOf().entries).toHaveLength(before.entries.length - 1);
  } finally {
    move("model.away", "model.onnx");
  }
});

test("an entry can be compared with another than the proposed one", async () => {
  const settings = join(folder, "compared.json");
  const entry = (name: string, rest = {}) => ({ name, settings: { network: { name } }, ...rest });
  const entries = [entry("alexnet-attention"), entry("alex-light"), entry("alex-ca", { comparedWith: "alex-light" })];
  writeFileSync(settings, JSON.stringify({ title: "t", base: NARROW, proposed: "alexnet-attention", entries }));
  // The trainings are those of the preset, so none is made.
  expect(await paper("--settings", settings)).toBe(0);
  const [, light, channel] = resultOf().entries;
  expect(light?.comparison?.comparedWith).toBe("alexnet-attention");
  expect(channel?.comparison?.comparedWith).toBe("alex-light");
  const difference = (channel?.metrics.auc.mean ?? 0) - (light?.metrics.auc.mean ?? 0);
  expect(channel?.comparison?.auc.mean).toBeCloseTo(difference, 12);
  expect(readFileSync(join(out(), "comparisons.csv"), "utf8")).toMatch(/^alex-ca,alex-light,/m);
});

test("the report names entries that were over before their learning rate fell", { timeout: 60_000 }, async () => {
  const settings = join(folder, "short.json");
  const entries = [
    { name: "alexnet-attention", settings: { network: { name: "alexnet-attention" } } },
    { name: "short", settings: { network: { name: "alex-light" }, epochs: 1 } },
  ];
  writeFileSync(settings, JSON.stringify({ title: "t", base: NARROW, proposed: "alexnet-attention", entries }));
  expect(await paper("--settings", settings)).toBe(0);
  rmSync(join(out(), "runs/short-seed-1"), { recursive: true });
  expect(readFileSync(join(out(), "report.md"), "utf8")).toContain("not what these networks can do: short.");
  expect(resultOf().entries.map(({ runs }) => runs.map(({ endedEarly }) => endedEarly))).toEqual([[false], [true]]);
});

test("the same scores under other names have the same intervals", async () => {
  const runs = join(out(), "runs");
  const twins = ["second", "third", "fourth", "fifth"];
  const folderOf = (name: string) => join(runs, `${name}-seed-1`);
  for (const name of twins) cpSync(folderOf("alexnet-attention"), folderOf(name), { recursive: true });
  const settings = join(folder, "twins.json");
  const entries = ["alexnet-attention", ...twins].map((name) => ({
    name,
    settings: { network: { name: "alexnet-attention" } },
  }));
  writeFileSync(settings, JSON.stringify({ title: "t", base: NARROW, proposed: "alexnet-attention", entries }));
  // Two resamples: an interval of many would be the same for whichever of so few test fields are drawn.
  expect(await paper("--settings", settings, "--resamples", "2")).toBe(0);
  for (const name of twins) rmSync(folderOf(name), { recursive: true });
  const [proposed, ...others] = resultOf().entries;
  expect(proposed?.metrics.auc.mean_ci95).not.toBeNull();
  expect(others.map(({ metrics }) => metrics)).toEqual(twins.map(() => proposed?.metrics));
});

test("with --only the trainings named are made, all that are finished are reported, the others are left", {
  timeout: 60_000,
}, async () => {
  const [channel, light] = ["alex-ca-seed-1", "alex-light-seed-1"].map((name) => join(out(), "runs", name));
  for (const run of [channel!, light!]) rmSync(run, { recursive: true });
  expect(await paper("--preset", "quick", "--only", "alex-ca")).toBe(0);
  // What was asked for is done.
  expect(process.exitCode).toBeUndefined();
  const { entries, left } = resultOf();
  const finished = ["alexnet-attention", "alexnet-attention-tad", "alexnet-attention-ce", "alex-ca"];
  expect(entries.map(({ name }) => name)).toEqual(finished);
  expect(left).toEqual([{ entry: "alex-light", seed: 1 }]);
  expect(readFileSync(join(out(), "report.md"), "utf8")).toContain("Not finished yet: 1 training");
  expect(await paper("--preset", "quick", "--only", "alex-light-seed-1")).toBe(0);
  expect(resultOf().left).toEqual([]);
});

test("published weights are fetched for the trainings that are made, not for those left to another time", {
  timeout: 60_000,
}, async () => {
  vi.stubEnv("MICRONUCLEI_CACHE", join(folder, "empty cache"));
  withoutInternet();
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const settings = join(folder, "named weights.json");
  const entries = [
    { name: "alexnet-attention", settings: { network: { name: "alexnet-attention" } } },
    { name: "published", settings: { network: { name: "alex-light" }, weights: "imagenet" } },
  ];
  writeFileSync(settings, JSON.stringify({ title: "t", base: NARROW, proposed: "alexnet-attention", entries }));
  const options = ["--settings", settings, "--resamples", "2"];
  try {
    expect(await paper(...options, "--only", "alexnet-attention")).toBe(0);
    expect(process.exitCode).toBeUndefined();
    expect(resultOf().left).toEqual([{ entry: "published", seed: 1 }]);
    expect(await paper(...options)).toBe(1);
  } finally {
    vi.unstubAllEnvs();
  }
  expect(stderr.mock.calls.map(([part]) => part).join("")).toContain("WEIGHTS_UNAVAILABLE");
});

test("a training that started from a file of weights which has changed since is not taken for one that starts from it", {
  timeout: 60_000,
}, async () => {
  const weights = join(folder, "weights.onnx");
  const modelOf = (name: string) => join(out(), "runs", `${name}-seed-1`, "model.onnx");
  cpSync(modelOf("alexnet-attention"), weights);
  const settings = join(folder, "file of weights.json");
  const entries = [
    { name: "alexnet-attention", settings: { network: { name: "alexnet-attention" } } },
    { name: "further", settings: { network: { name: "alexnet-attention" }, epochs: 1, weights } },
  ];
  writeFileSync(settings, JSON.stringify({ title: "t", base: NARROW, proposed: "alexnet-attention", entries }));
  const options = ["--settings", settings, "--resamples", "2"];
  expect(await paper(...options)).toBe(0);
  expect(resultOf().failed).toEqual([]);
  cpSync(modelOf("alexnet-attention-ce"), weights);
  await paper(...options);
  const message = expect.stringContaining("weightsHash was");
  expect(resultOf().failed).toMatchObject([{ entry: "further", code: "EXPERIMENT_RUN_DIFFERS", message }]);
  // The finished training does not need the file.
  rmSync(weights);
  await paper(...options);
  expect(resultOf().failed).toEqual([]);
  rmSync(join(out(), "runs/further-seed-1"), { recursive: true });
});

test("--only refuses what is not in the experiment, and says what is", async () => {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(await paper("--preset", "quick", "--only", "alex-ca,vgg-16")).toBe(2);
  const text = stderr.mock.calls.map(([part]) => part).join("");
  for (const part of ["EXPERIMENT_RUN_UNKNOWN", '"vgg-16"', "alex-light, alex-ca", '"alexnet-attention-seed-1"'])
    expect(text).toContain(part);
});

test("a second call uses finished runs, completes a broken one, and reports one that differs", {
  timeout: 120_000,
}, async () => {
  const model = join(out(), "runs/alex-light-seed-1/model.onnx");
  const before = statSync(model).mtimeMs;
  const [broken, other] = ["alex-ca-seed-1", "alexnet-attention-ce-seed-1"].map((name) => join(out(), "runs", name));
  rmSync(join(broken!, "evaluation.json"));
  const settings = JSON.parse(readFileSync(join(other!, "settings.json"), "utf8"));
  writeFileSync(join(other!, "settings.json"), JSON.stringify({ ...settings, dataHash: "another" }));
  expect(await paper("--preset", "quick")).toBe(0);
  // The work was done as far as it could be; the shell learns that something is missing.
  expect(process.exitCode).toBe(1);
  expect(statSync(model).mtimeMs).toBe(before);
  const result = resultOf();
  expect(result.entries).toHaveLength(4);
  expect(existsSync(join(broken!, "evaluation.json"))).toBe(true);
  const message = expect.stringContaining('dataHash was "another" and is now');
  expect(result.failed).toMatchObject([{ entry: "alexnet-attention-ce", code: "EXPERIMENT_RUN_DIFFERS", message }]);
});
