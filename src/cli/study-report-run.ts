import { join } from "node:path";
import { writeFileAtomically } from "../core/files.ts";
import { readStudyReport } from "../report/read-study-report.ts";
import { studyPage } from "../report/study-page.ts";
import { asCsv, asWorkbook, studyTables } from "../report/study-tables.ts";
import { galleryCell } from "../server/gallery-cell.ts";
import { findStudy } from "../workspace/study.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { StudyReportOptions } from "./study-report.ts";
import { findBrowser, printToPdf, requireBrowser } from "./study-report-pdf.ts";
import { versionOfPackage } from "./version.ts";

export interface WrittenReport {
  readonly html: string;
  readonly pdf: string | null;
  readonly workbook: string;
  /** Folder of the CSV files. */
  readonly tables: string;
}

/** Writes the report of a study's present state. */
export async function writeStudyReport(
  workspace: Workspace,
  name: string,
  options: StudyReportOptions,
): Promise<WrittenReport> {
  const browser = options.pdf === "never" ? null : options.pdf === "always" ? requireBrowser() : findBrowser();
  const report = await readStudyReport(workspace, (db) => findStudy(db, name), {
    version: versionOfPackage(),
    showCell: galleryCell,
  });
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
