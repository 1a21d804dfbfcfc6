import { join } from "node:path";
import { type Command, Option } from "commander";
import type { ExportFormat } from "../workspace/export.ts";
import { consoleOf, formatTable } from "./console.ts";
import { clock, type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const EXAMPLES = `
A workspace is a folder with one database: studies, samples, slides, cells, predictions, labels and the audit trail. Images
stay where they are. It may be used by several programs at once.

Examples:
  $ mn workspace init laboratory
  $ mn workspace backup monday.mnbackup --workspace laboratory
  $ mn workspace restore monday.mnbackup --workspace laboratory-2
  $ mn workspace export --out everything --format jsonl --workspace laboratory`;

/** `mn workspace init|backup|restore|export`. */
export function registerWorkspace(program: Command): void {
  const workspace = program
    .command("workspace")
    .description("make, back up, restore or export the folder of a laboratory's studies")
    .addHelpText("after", EXAMPLES);
  registerInit(workspace);
  registerBackup(workspace);
  registerRestore(workspace);
  registerExport(workspace);
}

function registerInit(workspace: Command): void {
  workspace
    .command("init")
    .description("make a new workspace")
    .argument("[folder]", "folder to hold it", "workspace")
    .action(async (folder: string, _options: object, command: Command) => {
      const { Workspace } = await import("../workspace/workspace.ts");
      await (await Workspace.create(folder, clock)).close();
      consoleOf(command).result(
        { workspace: folder },
        `Workspace: ${folder}. Next: mn study create NAME --workspace ${folder}`,
      );
    });
}

function registerBackup(workspace: Command): void {
  workspace
    .command("backup")
    .description("copy a workspace, also one in use, into one file")
    .addOption(workspaceOption())
    .argument("<file>", "file to write; one that exists is not overwritten")
    .action(async (file: string, options: WorkspaceOptions, command: Command) => {
      const { backUp } = await import("../workspace/backup.ts");
      const backup = await withWorkspace(options, (opened) => backUp(opened, file));
      consoleOf(command).result(backup, `Backup: ${backup.path}, SHA-256 ${backup.sha256}`);
    });
}

function registerRestore(workspace: Command): void {
  workspace
    .command("restore")
    .description("make a workspace of a backup, after checking it and its audit trail")
    .addOption(workspaceOption())
    .argument("<file>", "the backup")
    .action(async (file: string, { workspace: folder }: WorkspaceOptions, command: Command) => {
      const { restore } = await import("../workspace/backup.ts");
      const { head, checked } = await restore(file, folder, clock);
      consoleOf(command).result(
        { workspace: folder, head, checked },
        `Workspace: ${folder}. Audit trail of ${head.entries} entries and ${checked.rows} rows checked.`,
      );
    });
}

function registerExport(workspace: Command): void {
  workspace
    .command("export")
    .description("write every table as CSV or JSON Lines")
    .addOption(workspaceOption())
    .option("--out <folder>", "folder to write into", "workspace-export")
    .addOption(new Option("--format <name>", "form of the files").choices(["csv", "jsonl"]).default("csv"))
    .action(async (options: WorkspaceOptions & { out: string; format: ExportFormat }, command: Command) => {
      const { exportWorkspace } = await import("../workspace/export.ts");
      const console = consoleOf(command);
      const tables = await withWorkspace(options, (opened) =>
        exportWorkspace(opened, options.out, options.format, console.progress),
      );
      const rows = tables.map(({ table, rows: count }) => [`${table}.${options.format}`, count]);
      console.result({ tables }, `${formatTable([["file", "rows"], ...rows])}\n\nIn ${join(options.out, "")}`);
    });
}
