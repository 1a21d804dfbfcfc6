import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { MAYAKANNAN } from "../../test/assay/calibration-data.ts";
import { golden, nearAll } from "../../test/assay/golden.ts";
import { registerAssay } from "./assay.ts";
import { runCommandLine } from "./main.ts";

const folder = mkdtempSync(join(tmpdir(), "mn-assay-"));
const inFolder = (name: string): string => join(folder, name);

const FILES: Record<string, string> = {
  "counts.csv": `D,N,X\n${MAYAKANNAN.map((p) => `${p.doseGray},${p.bnCells},${p.micronuclei}`).join("\n")}\n`,
  "samples.csv": "id,C0,C1,C2,C3\ndonor A,895,92,11,2\ndonor B,980,18,2,0\n",
  "cases.csv": "ID;C0;C1;C2;C3\ndonor A;895;92;11;2\ndonor B;985;15;0;0\n",
  "cultures.csv": "id,N,MNBN\ncontrol,2000,12\nlow,2000,15\nhigh,2000,39\n",
  "study.csv": "D,N,MNBN\n0,1000,5\n0,1000,7\n1.25,2000,15\n2.5,2000,24\n5,2000,39\n",
  "readings.csv": "cell,ada,grace\n1,mn,mn\n2,mn,normal\n3,normal,normal\n4,normal,normal\n",
};

let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeAll(async () => {
  for (const [name, text] of Object.entries(FILES)) writeFileSync(inFolder(name), text);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await run("calibrate", "counts.csv", "--out", "curve.json", "--export-counts", "totals.csv");
  vi.restoreAllMocks();
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

/** Runs `mn assay ARGS`; names of files are taken in the test's folder. */
function run(...args: string[]): Promise<number> {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerAssay(program);
  const paths = args.map((arg) => (/^[\w-]+\.(csv|json)$/.test(arg) ? inFolder(arg) : arg));
  return runCommandLine(["assay", ...paths], program);
}

const textOf = (spy: typeof stdout): string => spy.mock.calls.map(([part]) => part).join("");

async function json(...args: string[]): Promise<ReturnType<typeof JSON.parse>> {
  expect(await run(...args, "--json")).toBe(0);
  return JSON.parse(textOf(stdout));
}

async function words(...args: string[]): Promise<string> {
  expect(await run(...args), textOf(stderr)).toBe(0);
  return textOf(stdout);
}

test("frequency: 14 micronuclei are a yield with a Poisson interval, never a share of cells", async () => {
  const { samples } = await json("frequency", "--mn", "14", "--cells", "1000");
  expect(samples).toMatchObject([{ bnCells: 1000, mnbn: null, yield: { perCell: 0.014 } }]);
});

test("frequency: cells with micronuclei get the exact and the Wilson interval, in words too", async () => {
  const text = await words("frequency", "--mnbn", "14", "--cells", "1000");
  expect(text).toContain("MNBN frequency: 14 per 1000 (14 of 1,000 binucleated cells have micronuclei).");
  expect(text).toContain("7.675 to 23.38 per 1000 (Clopper-Pearson, exact)");
  expect(text).toContain("8.358 to 23.36 per 1000 (Wilson)");
  expect(text).not.toContain("MN yield:");
});

test("frequency: a distribution gives both numbers, and says that it is overdispersed", async () => {
  const text = await words("frequency", "--distribution", "895,92,11,2");
  expect(text).toContain("MNBN frequency: 105 per 1000");
  expect(text).toContain("MN yield: 0.12 micronuclei a cell");
  expect(text).toContain("overdispersed");
});

test("frequency: correction for sensitivity and specificity, and proliferation", async () => {
  const { samples, proliferation } = await json(
    ...["frequency", "--mnbn", "75", "--cells", "2000", "--sensitivity", "124/145", "--specificity", "2063/2084"],
    ...["--nuclei", "200,280,15,5", "--control-nuclei", "120,350,20,10"],
  );
  const [low, high] = golden.get("LR [lo,hi,pi_adj,dp,s]");
  nearAll([samples[0].corrected.interval.low, samples[0].corrected.interval.high], [low ?? 0, high ?? 0]);
  golden.near([proliferation.cytostasisPercent], "cytostasis%");
});

test("frequency: a table gives a row for every sample", async () => {
  expect(await words("frequency", "samples.csv")).toMatch(/donor A +1,000 +105 +105 .*\ndonor B +1,000 +20 +20 /);
});

test("compare: Fisher's test and the risk ratio, as numbers and as a sentence", async () => {
  const { cells } = await json("compare", "--treated", "31/2000", "--control", "12/2000");
  golden.near([cells.oddsRatio, cells.fisher.higher], "fisher greater");
  golden.near([cells.riskRatio.ratio, cells.riskRatio.interval.low, cells.riskRatio.interval.high], "RR & CI");
});

test("compare: groups without any micronuclei are compared as far as that is possible", async () => {
  const text = await words("compare", "--treated", "0/2000", "--control", "0/2000");
  expect(text).toContain("No significant difference");
  expect(text).toContain("Risk ratio               undefined");
});

test("trend: verdict, trend and pairwise tests agree between options and a table with replicate cultures", async () => {
  const result = await json("trend", "study.csv");
  golden.near(
    [result.trend.statistic, result.trend.variance, result.trend.z, result.trend.rising],
    "CA trend doses 0,1.25,2.5,5 [T,Var,Z,p1]",
  );
  expect(result.verdict).toBe("equivocal");
  expect(result.control).toEqual({ dose: 0, mnbnCells: 12, bnCells: 2000 });
});

test("trend: with historical controls the verdict is positive, and no compliance is claimed", async () => {
  const text = await words(
    ...["trend", "--doses", "0,1.25,2.5,5", "--positives", "12,15,24,39", "--cells", "2000"],
    ...["--historical", "8,14,11,9,13,12,10,15", "--historical-cells", "2000"],
  );
  expect(text).toMatch(/^Positive: /);
  expect(text).toContain("Supports reporting for OECD TG 487");
  expect(text).not.toMatch(/complies with|in compliance/);
});

test("calibrate, then dose: the micronucleus case of Biodose Tools, delta method", async () => {
  const { cases } = await json("dose", "--curve", "curve.json", "--distribution", "895,92,11,2");
  const { low, doseGray, high, standardErrorGray } = cases[0].wholeBody;
  golden.near([low, doseGray, high, standardErrorGray], "MN case delta");
  expect(readFileSync(inFolder("totals.csv"), "utf8")).toBe(FILES["counts.csv"]);
});

test("dose: Merkle, protraction and the experimental partial-body estimate", async () => {
  const text = await words(
    ...["dose", "--curve", "curve.json", "--distribution", "895,92,11,2", "--method", "merkle", "--partial-body"],
  );
  expect(text).toContain("83 % interval: 1.75 to 3.67 Gy");
  expect(text).toContain("EXPERIMENTAL");
  stdout.mockClear();
  const { protraction } = await json(
    "dose",
    "--curve",
    "curve.json",
    "--mn",
    "120",
    "--cells",
    "1000",
    "--hours",
    "0.5",
  );
  golden.near([protraction], "G(0.5h,t0=2)");
});

test("dose: a case at the background says that no dose is shown", async () => {
  const text = await words("dose", "--curve", "curve.json", "--mn", "15", "--cells", "1000");
  expect(text).toContain("Whole-body dose: 0.00 Gy.");
  expect(text).toContain("does not exceed the curve's background");
});

test("agreement: kappa and its companions from counts, and from a table of readings", async () => {
  const result = await json("agreement", "--table", "40,10,5,145");
  golden.near([result.observedAgreement, 0.6375, result.kappa.kappa], "kappa");
  golden.near([result.ac1], "Gwet AC1");
});

test("agreement: two readers by column name; one class only leaves kappa undefined", async () => {
  expect((await json("agreement", "readings.csv", "--columns", "grace,ada")).table).toEqual([
    [1, 0],
    [1, 2],
  ]);
  stdout.mockClear();
  expect(await words("agreement", "--table", "50,0,0,0")).toContain("undefined, for both readers used a single class");
});

test("plan: power, detection limit and audit sample", async () => {
  expect(await words("plan", "power", "--control", "10", "--treated", "20")).toContain("1,826 binucleated cells");
  expect(await words("plan", "detection", "--background", "12", "--cells", "1000")).toContain(
    "Decision threshold: 19 micronuclei",
  );
  expect(await words("plan", "audit", "--precision", "5")).toContain("Review 736 cells");
});

describe("examples in the help", () => {
  const source = readFileSync(new URL("./assay.ts", import.meta.url), "utf8").replaceAll("\\\\\n", "");
  const examples = [...source.matchAll(/\$ mn assay (.+?)(?: {2,}as .*)?(?=[`"\n])/g)].map(([, line = ""]) => line);

  test.each(examples)("mn assay %s", async (line) => {
    expect(await run(...line.trim().split(/\s+/)), textOf(stderr)).toBe(0);
  });

  test("there is one for every command", () => {
    for (const name of ["frequency", "compare", "trend", "calibrate", "dose", "agreement", "plan"])
      expect(examples.some((line) => line.startsWith(name))).toBe(true);
  });
});

test.each([
  ["frequency", "--mn", "14"],
  ["frequency", "--mn", "14", "--cells", "-5"],
  ["frequency", "samples.csv", "--mn", "14", "--cells", "100"],
  ["frequency", "--distribution", "895,105", "--cells", "1000"],
  ["frequency", "--mn", "14", "--cells", "1000", "--sensitivity", "9/10"],
  ["frequency", "--mnbn", "14", "--cells", "1000", "--nuclei", "200,280"],
  ["compare", "--treated", "31/2000"],
  ["compare", "--treated", "31", "--control", "12/2000"],
  ["compare", "cultures.csv", "--treated", "31/2000"],
  ["trend", "--doses", "1,2", "--positives", "3,4", "--cells", "100"],
  ["trend", "--doses", "0,2", "--positives", "3,4,5", "--cells", "100"],
  ["dose", "--mn", "14", "--cells", "1000"],
  ["dose", "--curve", "absent.json", "--mn", "14", "--cells", "1000"],
  ["dose", "--curve", "curve.json", "--mnbn", "14"],
  ["dose", "--curve", "curve.json", "--mn", "14", "--cells", "1000", "--partial-body"],
  ["agreement"],
  ["agreement", "--table", "1,2,3"],
  ["agreement", "readings.csv", "--columns", "ada,nobody"],
  ["plan", "detection", "--cells", "1000"],
  ["plan", "power", "--control", "10"],
])("wrong usage exits with 2: %s %s %s", async (...args) => {
  expect(await run(...args)).toBe(2);
  expect(textOf(stderr)).not.toContain("This is a fault");
});

test.each([
  ["NO_CELLS_COUNTED", ["frequency", "--mn", "14", "--cells", "0"]],
  ["COUNT_ABOVE_TOTAL", ["frequency", "--mnbn", "14", "--cells", "10"]],
  ["COUNT_INVALID", ["frequency", "--mn", "14", "--cells", "5000000000"]],
  ["CURVE_FILE_INVALID", ["dose", "--curve", "counts.csv", "--mn", "14", "--cells", "1000"]],
  ["COUNT_TABLE_COLUMN_MISSING", ["calibrate", "samples.csv"]],
  ["NO_DIFFERENCE_TO_FIND", ["plan", "power", "--control", "10", "--treated", "10"]],
])("refused counts exit with 1 and the code %s, in JSON too", async (code, args) => {
  expect(await run(...args, "--json")).toBe(1);
  expect(JSON.parse(textOf(stdout)).error.code).toBe(code);
});
