import { type Command, Option } from "commander";
import { consoleOf } from "./console.ts";
import { type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const HELP = `
Writes report.html (stands alone), tables.xlsx, a CSV of every table, and report.pdf where Chromium or Chrome is installed. Made
again from the same state of the workspace, all of them have the same bytes.

Examples:
  $ mn report S-2026-014 --workspace laboratory
  $ mn report triage --out triage-2026-03 --pdf always --workspace laboratory`;

export type PdfChoice = "auto" | "always" | "never";

export type StudyReportOptions = WorkspaceOptions & { readonly out?: string; readonly pdf: PdfChoice };

/** `mn report STUDY`. */
export function registerStudyReport(program: Command): void {
  program
    .command("report")
    .description("write the report of a study: result, methods, tables, figures, deviations")
    .argument("<study>", "name of the study")
    .option("--out <folder>", "folder to write into (default: STUDY-report)")
    .addOption(
      new Option("--pdf <when>", "auto: where a browser is found; always: fail without one")
        .choices(["auto", "always", "never"])
        .default("auto"),
    )
    .addOption(workspaceOption())
    .addHelpText("after", HELP)
    .action(async (name: string, options: StudyReportOptions, command: Command) => {
      const { writeStudyReport } = await import("./study-report-run.ts");
      const console = consoleOf(command);
      const written = await withWorkspace(options, (workspace) => writeStudyReport(workspace, name, options));
      if (written.pdf === null && options.pdf !== "never")
        console.message("No Chromium or Chrome was found, so that there is no PDF: print report.html from a browser.");
      console.result(written, `Report: ${written.pdf ?? written.html}, tables: ${written.tables}`);
    });
}
