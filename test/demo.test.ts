import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const project = resolve(import.meta.dirname, "..");
const realCells = resolve(project, "../shared/data/cells/manifest.csv");

interface DemoResult {
  readonly page: string;
  readonly cells: number;
  readonly test: { readonly cells: number; readonly auc: number; readonly auc_ci95: readonly [number, number] };
  readonly localisation: readonly { readonly map: string; readonly pointing: number; readonly chance: number }[];
}

function demo(...options: string[]): { result: DemoResult; html: string; folder: string } {
  const folder = join(mkdtempSync(join(tmpdir(), "mn-demo-")), "demo");
  const command = [join(project, "src/cli/main.ts"), "demo", "--out", folder, "--no-open", "--json", ...options];
  const printed = execFileSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const result = JSON.parse(printed) as DemoResult;
  return { result, html: readFileSync(result.page, "utf8"), folder };
}

test("the demonstration draws, trains, measures, explains, and writes one page that needs nothing else", () => {
  const { result, html, folder } = demo("--cells", "100", "--epochs", "1");
  expect(result.cells).toBeGreaterThan(90);
  expect(html).toContain("Micronuclei in drawn cells");
  expect(html).toContain("These cells are drawn");
  expect(html.match(/<img src="data:image\/png;base64,/g)?.length).toBeGreaterThan(20);
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
  expect(result.localisation.map(({ map }) => map)).toEqual(["evidence", "layer 5", "layer 6"]);
  const rows = readFileSync(join(folder, "scores.csv"), "utf8").trim().split("\n");
  expect(rows).toHaveLength(result.test.cells + 1);
}, 240_000);

test.skipIf(!existsSync(realCells))(
  "on real cells the demonstration ranks cells of unseen fields well (skipped where ../shared/data is absent)",
  () => {
    const { result, html } = demo("--data", realCells, "--where", "source=hatch", "--cells", "300", "--epochs", "2");
    expect(result.cells).toBe(300);
    expect(result.test.auc).toBeGreaterThan(0.8);
    expect(html).toContain("If yours are among them, these numbers are too good");
    expect(html).toContain("Found");
  },
  360_000,
);
