import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type MadeSample, madeStudy, NOON } from "../../test/workspace/made-study.ts";
import { RandomStream } from "../core/random.ts";
import { readHead } from "../workspace/audit-trail.ts";
import { auditedCells, drawForAudit, RANDOM_QUEUES } from "../workspace/call-audit.ts";
import { countSamples } from "../workspace/counts.ts";
import { labelCell } from "../workspace/labels.ts";
import { listScorings } from "../workspace/scorings.ts";
import type { StudyDesignInput } from "../workspace/study.ts";
import { listDeviations } from "../workspace/study-cells.ts";
import { computeResult } from "../workspace/study-result.ts";
import { sampleNamed } from "../workspace/study-table.ts";
import { Workspace } from "../workspace/workspace.ts";
import { studyPage } from "./study-page.ts";
import { ownAudit, type StudyReport } from "./study-report.ts";
import { asCsv, studyTables } from "./study-tables.ts";

/** The report of a made study, of which a reader sees `seen` random cells of each call and finds what the model found. */
async function madeReport(
  samples: readonly MadeSample[],
  design: Partial<StudyDesignInput>,
  seen = 0,
): Promise<StudyReport> {
  const folder = await mkdtemp(join(tmpdir(), "mn-study-page-"));
  const workspace = await Workspace.create(folder, NOON);
  const study = await madeStudy(workspace, samples, { title: "A <study> & more", ...design });
  const stream = new RandomStream("drawn");
  for (const called of ["positive", "negative"] as const)
    for (const cellId of await drawForAudit(workspace.db, study, { called, cells: seen, stream })) {
      const found =
        called === "positive"
          ? ({ finding: "mn", micronuclei: 1 } as const)
          : ({ finding: "normal", micronuclei: 0 } as const);
      await labelCell(workspace, "Ben", { cellId, ...found, queue: RANDOM_QUEUES[called] });
    }
  const report: StudyReport = {
    study,
    result: computeResult(study.design, await countSamples(workspace.db, study)),
    scoring: (await listScorings(workspace.db, study.id))[0] ?? null,
    otherScorings: [],
    histogram: { edges: [0, 0.5, 1], positives: [0, 7], negatives: [13, 0] },
    audited: await auditedCells(workspace.db, study),
    deviations: await listDeviations(workspace.db, study, 100),
    head: await readHead(workspace.db),
    stateAt: NOON().toISOString(),
    sources: [{ path: "made", sha256: null }],
    gallery: [
      {
        sample: "A",
        slide: "1",
        file: "<a>.png",
        probability: 0.9,
        confirmed: null,
        picture: "data:image/jpeg;base64,AA==",
        overlay: null,
      },
    ],
    version: "0.0.0-test",
  };
  await workspace.close();
  await rm(folder, { recursive: true });
  return report;
}

const DOSES: MadeSample[] = [
  [0, 2],
  [1, 6],
  [2, 14],
  [3, 26],
].map(([dose = 0, positive = 0]) => ({
  sample: sampleNamed(`${dose} Gy`, { dose, doseUnit: "Gy" }),
  outcomes: { positive, negative: 200 - positive },
}));
const UNKNOWN: MadeSample = { sample: sampleNamed("Donor"), outcomes: { positive: 10, negative: 190, unreadable: 1 } };

function expectSelfContained(page: string): void {
  expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(
    /https?:|src="(?!data:)|<link|<script|@import|url\(/,
  );
  expect(page).not.toMatch(/NaN|Infinity|\[object|undefined/);
  expect(page).toContain("A &lt;study&gt; &amp; more");
  expect(page).toContain("&lt;a&gt;.png");
}

test("a biodosimetry page shows the dose, and never mixes what persons and what the model have seen", async () => {
  const report = await madeReport([...DOSES, UNKNOWN], { kind: "biodosimetry" });
  const page = studyPage(report);
  expectSelfContained(page);
  const [dose] = report.result.dose?.doses ?? [];
  if (dose === undefined || "missing" in dose.delta) throw new Error("no dose");
  expect(page).toContain(`${dose.delta.value.doseGray.toFixed(2)} Gy`);
  expect(page).toContain("58 of 58 cells with micronuclei were only called by the model");
  expect(page).toContain("ISO 17099:2024 excludes automated scoring");
  expect(page).toContain("No person has looked at any cell.");
  expect(page).toContain("IMAGE_TRUNCATED");
  expect(studyPage(report)).toBe(page);
});

test("a genotoxicity page gives verdict, reasons and what a random sample of the calls showed", async () => {
  const report = await madeReport(DOSES, { kind: "genotoxicity", historicalRatePerCell: 0.01 }, 15);
  const page = studyPage(report);
  expectSelfContained(page);
  expect(page).toContain("3 of 3 criteria met");
  expect(page).toContain("Read by Ben (30 cells)");
  expect(page).toContain("Calibration on 30 randomly drawn cells");
  // The reader agreed with every call: nothing was missed, nothing called in error.
  expect(ownAudit(report)).toMatchObject({
    positive: { called: 48, reviewed: 15, foundPositive: 15 },
    negative: { called: 752, reviewed: 15, foundPositive: 0 },
    estimate: { rate: 48 / 800, sensitivity: 1, specificity: 1 },
  });
});

test("a frequency page stands without a single cell that counts", async () => {
  const page = studyPage(
    await madeReport([{ sample: sampleNamed("A"), outcomes: { unreadable: 2 } }], { kind: "frequency" }),
  );
  expectSelfContained(page);
  expect(page).toContain("Nothing has been counted yet.");
});

test("tables hold full precision: 10 of 200 is 50 per 1000 with the exact interval of scipy 1.17", async () => {
  const report = await madeReport([...DOSES, UNKNOWN], { kind: "biodosimetry" });
  const [samples] = studyTables(report);
  const column = (name: string) => samples?.rows.at(-1)?.[samples.columns.indexOf(name)];
  expect(column("mnbn_per_1000")).toBe(50);
  // scipy.stats.beta.ppf(0.025, 10, 191) and (0.975, 11, 190), times 1000.
  expect(column("exact_low")).toBeCloseTo(24.2342, 4);
  expect(column("exact_high")).toBeCloseTo(90.0275, 4);
  if (samples === undefined) throw new Error("no table of samples");
  expect(asCsv(samples).split("\n")).toHaveLength(1 + 5 + 1);
});
