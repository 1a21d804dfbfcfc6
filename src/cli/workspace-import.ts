import type { Command } from "commander";
import type { ImportOutcome } from "../workspace/import-cells.ts";
import { consoleOf } from "./console.ts";
import { wholeNumber } from "./options.ts";
import { byOption, type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const HELP = `
SOURCE is one of
  a study table (.csv, .tsv, .xlsx), a row a slide: the column sample, and any of slide, cells (folder of images or table of
    cells, relative to the table), role (calibration, unknown, control, treated, positive control), donor, culture, replicate,
    treatment, dose or concentration, unit, harvest_hours, and mono, bi, multi (cells by number of nuclei);
  a table of cells, a row a cell: the column file, and any of sample, slide, id, x, y and the columns above;
  a folder of images of one slide, with --sample.
All other columns are kept. Importing again adds only what is new. Pictures that the study has already are kept apart.

Examples:
  $ mn study import S-2026-014 study.xlsx --workspace laboratory
  $ mn study import triage slides/donor-7/ --sample "Donor 7" --workspace laboratory
  $ mn study import triage scores.csv --sample "Donor 7" --scored-by model.onnx --workspace laboratory`;

export type ImportOptions = WorkspaceOptions & {
  readonly sample?: string;
  readonly slide: string;
  readonly scoredBy?: string;
  readonly hash: boolean;
  readonly seed?: number;
};

/** `mn study import STUDY SOURCE`. */
export function registerStudyImport(study: Command): void {
  study
    .command("import")
    .description("add samples, slides and cells to a study")
    .argument("<study>", "name of the study")
    .argument("<source>", "study table, table of cells, or folder of images")
    .option("--sample <name>", "sample of all cells, for a source that does not say")
    .option("--slide <name>", "slide of all cells, for a source that does not say", "1")
    .option("--scored-by <model>", "take the column probability as this model's predictions")
    .option("--no-hash", "do not look at the images: no check for pictures that occur twice")
    .option(
      "--seed <number>",
      "draw the samples' codes from this seed (default: nobody can foresee them)",
      wholeNumber(0),
    )
    .addOption(workspaceOption())
    .addOption(byOption())
    .addHelpText("after", HELP)
    .action(async (name: string, source: string, options: ImportOptions, command: Command) => {
      const { findStudy } = await import("../workspace/study.ts");
      const { StudyImport } = await import("./workspace-import-run.ts");
      const console = consoleOf(command);
      const outcome = await withWorkspace(options, async (workspace) => {
        const study = await findStudy(workspace.db, name);
        return await new StudyImport(workspace, study, options, console).import(source);
      });
      console.result({ study: name, ...outcome }, describe(outcome));
    });
}

function describe({ added, known, duplicates }: ImportOutcome): string {
  const before = known === 0 ? "" : ` ${known} were there already.`;
  const twice =
    duplicates === 0 ? "" : ` ${duplicates} show a picture that the study has already: they are kept, but not counted.`;
  return `${added} cells added.${before}${twice}`;
}
