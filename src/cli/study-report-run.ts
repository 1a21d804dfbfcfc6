import { join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";
import { studyPage } from "../report/study-page.ts";
import type { GalleryCell, StudyReport } from "../report/study-report.ts";
import { asCsv, asWorkbook, studyTables } from "../report/study-tables.ts";
import { readHead, readTrail } from "../workspace/audit-trail.ts";
import { auditedCells } from "../workspace/call-audit.ts";
import { countSamples } from "../workspace/counts.ts";
import { listScorings } from "../workspace/scorings.ts";
import { findStudy } from "../workspace/study.ts";
import { calledPositive, listDeviations, probabilityHistogram } from "../workspace/study-cells.ts";
import { computeResult } from "../workspace/study-result.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { StudyReportOptions } from "./study-report.ts";
import { galleryCell } from "./study-report-gallery.ts";
import { findBrowser, printToPdf, requireBrowser } from "./study-report-pdf.ts";
import { versionOfPackage } from "./version.ts";

export interface WrittenReport {
  readonly html: string;
  readonly pdf: string | null;
  readonly workbook: string;
  /** Folder of the CSV files. */
  readonly tables: string;
}

const HISTOGRAM_BINS = 40;
const DEVIATIONS_OF_A_KIND = 100;
const GALLERY = { perSample: 4, most: 24 };

/** Writes the report of a study's present state. */
export async function writeStudyReport(
  workspace: Workspace,
  name: string,
  options: StudyReportOptions,
): Promise<WrittenReport> {
  const browser = options.pdf === "never" ? null : options.pdf === "always" ? requireBrowser() : findBrowser();
  const report = await readReport(workspace, name);
  const folder = options.out ?? `${name}-report`;
  const html = join(folder, "report.html");
  await writeFileAtomically(html, studyPage(report));
  const tables = studyTables(report);
  const workbook = join(folder, "tables.xlsx");
  await writeFileAtomically(workbook, await asWorkbook(tables));
  for (const table of tables) await writeFileAtomically(join(folder, "tables", `${table.name}.csv`), asCsv(table));
  const pdf = browser === null ? null : join(folder, "report.pdf");
  if (browser !== null && pdf !== null) await printToPdf(browser, html, pdf, report.stateAt);
  return { html, pdf, workbook, tables: join(folder, "tables") };
}

/** Everything that the report shows, of one state of the workspace. */
async function readReport(workspace: Workspace, name: string): Promise<StudyReport> {
  const { shown, ...read } = await workspace.snapshot(async (db) => {
    const study = await findStudy(db, name);
    const head = await readHead(db);
    const [last] = await readTrail(db, { after: head.entries - 1, limit: 1 });
    const scorings = await listScorings(db, study.id);
    return {
      study,
      result: computeResult(study.design, await countSamples(db, study)),
      scoring: scorings.find(({ id }) => id === study.scoringId) ?? null,
      otherScorings: scorings.filter(({ id }) => id !== study.scoringId),
      histogram: asHistogram(await probabilityHistogram(db, study, HISTOGRAM_BINS)),
      audited: await auditedCells(db, study),
      deviations: await listDeviations(db, study, DEVIATIONS_OF_A_KIND),
      head,
      stateAt: last?.at ?? study.createdAt,
      sources: await db
        .selectFrom("source")
        .select(["path", "sha256"])
        .where("study_id", "=", study.id)
        .groupBy(["path", "sha256"])
        .orderBy(({ fn }) => fn.min("id"))
        .execute(),
      shown: await calledPositive(db, study, GALLERY),
    };
  });
  const gallery: GalleryCell[] = [];
  for (const cell of shown) gallery.push(await galleryCell(cell));
  return { ...read, gallery, version: versionOfPackage() };
}

function asHistogram(counts: Awaited<ReturnType<typeof probabilityHistogram>>): StudyReport["histogram"] {
  const of = (outcome: string): number[] =>
    Array.from({ length: HISTOGRAM_BINS }, (_, bin) =>
      counts.reduce((sum, count) => sum + (count.outcome === outcome && count.bin === bin ? count.cells : 0), 0),
    );
  const edges = Array.from({ length: HISTOGRAM_BINS + 1 }, (_, bin) => bin / HISTOGRAM_BINS);
  return { edges, positives: of("positive"), negatives: of("negative") };
}
