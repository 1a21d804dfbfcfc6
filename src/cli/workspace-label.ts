import type { Command } from "commander";
import { consoleOf } from "./console.ts";
import { authorOf, byOption, type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const HELP = `
A row a cell: the columns sample (name or code) and file, slide where a sample has several, and micronuclei (a number) or finding
(normal, mn, mononucleate, multinucleate, unscorable with a reason). The reader is --by. The latest label of a cell counts; with a
column queue, one of "second" only where there is no other, and one of "disagreements" before all others.

Example:
  $ mn study label S-2026-014 counted-by-eye.xlsx --by "A. Reader" --workspace laboratory`;

/** `mn study label STUDY TABLE`. */
export function registerStudyLabel(study: Command): void {
  study
    .command("label")
    .description("take in what a person has counted elsewhere")
    .argument("<study>", "name of the study")
    .argument("<table>", "what was found, a row a cell (.csv, .tsv, .xlsx)")
    .addOption(workspaceOption())
    .addOption(byOption())
    .addHelpText("after", HELP)
    .action(async (name: string, path: string, options: WorkspaceOptions, command: Command) => {
      const { findStudy } = await import("../workspace/study.ts");
      const { readLabelTable } = await import("../workspace/label-table.ts");
      const { labelCells } = await import("../workspace/labels.ts");
      const { openTable } = await import("../workspace/table-file.ts");
      const reader = authorOf(options);
      const labels = await withWorkspace(options, async (workspace) => {
        const { id } = await findStudy(workspace.db, name);
        const requests = await readLabelTable(workspace.db, id, await openTable(path));
        await labelCells(workspace, reader, requests);
        return requests.length;
      });
      consoleOf(command).result({ study: name, reader, labels }, `${labels} labels of ${reader}.`);
    });
}
