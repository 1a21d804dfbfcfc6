import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { findBrowser } from "../../src/cli/study-report-pdf.ts";

const root = resolve(import.meta.dirname, "../..");

/** Runs an example as its reader would, and gives its report's tables and page. */
async function runExample(name: string) {
  const folder = await mkdtemp(join(tmpdir(), `mn-${name}-`));
  const script = join(root, "examples", name, `${name}.ts`);
  await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", script, folder], { cwd: root });
  const read = async (file: string) => await readFile(join(folder, "report", file), "utf8");
  const table = async (file: string) =>
    parse<Record<string, string>>(await read(`tables/${file}.csv`), { columns: true });
  return { folder, page: await read("report.html"), table };
}

test("the biodosimetry example finds the doses behind the counts that were drawn", { timeout: 180_000 }, async () => {
  const { folder, page, table } = await runExample("biodosimetry");
  const samples = await table("samples");
  // Known from how they were drawn: 40 cells each, and the micronuclei of the example's tables.
  expect(samples.map(({ sample, bn_cells, micronuclei }) => [sample, bn_cells, micronuclei])).toEqual([
    ["0 Gy", "40", "2"],
    ["1 Gy", "40", "7"],
    ["2 Gy", "40", "16"],
    ["3 Gy", "40", "30"],
    ["4 Gy", "40", "48"],
    ["Donor A", "40", "22"],
    ["Donor B", "40", "2"],
  ]);
  const doses = (await table("doses")).filter(({ method }) => method === "delta");
  const [a, b] = doses.map(({ dose_gray }) => Number(dose_gray));
  // Donor A's yield of 0.55 lies between those at 2 Gy (0.4) and 3 Gy (0.75), nearer to the former.
  expect(a).toBeGreaterThan(2.2);
  expect(a).toBeLessThan(2.7);
  expect(b).toBeLessThan(0.1);
  expect(page).toContain("A. Reader (280 cells)");
  await expectPdf(folder);
  await rm(folder, { recursive: true });
});

test("the genotoxicity example reports what was confirmed, what was not, and what was left out", {
  timeout: 180_000,
}, async () => {
  const { folder, page, table } = await runExample("genotoxicity");
  const samples = await table("samples");
  const sum = (column: string) => samples.reduce((total, row) => total + Number(row[column]), 0);
  expect(samples).toHaveLength(10);
  expect(sum("bn_cells")).toBe(300);
  expect(sum("confirmed_bn_cells") + sum("automatic_bn_cells")).toBe(300);
  // The person saw every cell that was called positive: no automatic call with micronuclei is left.
  expect(sum("automatic_mnbn_cells")).toBe(0);
  // Drawn with 2 * (1 + 2 + 4 + 8 + 14) cells with micronuclei; the model may have missed some.
  expect(sum("mnbn_cells")).toBeLessThanOrEqual(58);
  expect(sum("mnbn_cells")).toBe(sum("confirmed_mnbn_cells"));
  expect((await table("deviations")).map(({ sample, file, kind }) => [sample, file, kind])).toEqual([
    ["20-B", "cell-902.png", "duplicate"],
    ["10-A", "cell-901.png", "unreadable"],
  ]);
  const concentrations = await table("concentrations");
  // Divisions per cell: control (352 + 60) / 500, at 40 (244 + 26) / 500.
  expect(Number(concentrations.at(-1)?.cytostasis_percent)).toBeCloseTo(100 - (100 * 270) / 412, 9);
  expect(page).toMatch(/Verdict[\s\S]*(Positive|Negative|Equivocal)/);
  await expectPdf(folder);
  await rm(folder, { recursive: true });
});

async function expectPdf(folder: string): Promise<void> {
  if (findBrowser() === null) return;
  const pdf = await readFile(join(folder, "report", "report.pdf"));
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
}
