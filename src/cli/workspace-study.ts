import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { describeError, UsageError } from "../core/errors.ts";
import { sha256 } from "../core/files.ts";
import type { StudyDesignInput } from "../workspace/study.ts";
import { consoleOf } from "./console.ts";
import { numberBetween } from "./options.ts";
import { registerStudyImport } from "./workspace-import.ts";
import { registerStudyLabel } from "./workspace-label.ts";
import { authorOf, byOption, type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";
import { registerStudyScore } from "./workspace-score.ts";
import { registerStudyList, registerStudyShow } from "./workspace-show.ts";

const CREATE_HELP = `
Kinds of study:
  frequency      cells with micronuclei per 1000, sample by sample
  biodosimetry   the doses of samples of unknown dose, from calibration samples of the study or a curve from elsewhere
  genotoxicity   a control and concentrations: pairwise tests, trend, historical limits, a verdict

Examples:
  $ mn study create S-2026-014 --kind genotoxicity --title "Test item 7, human lymphocytes" --historical-rate 0.0065
  $ mn study create triage --kind biodosimetry --curve cobalt60.json`;

/** `mn study create|import|list|show|score|label|exclude`. */
export function registerStudy(program: Command): void {
  const study = program.command("study").description("make, fill, score and look at the studies of a workspace");
  registerCreate(study);
  registerStudyImport(study);
  registerStudyScore(study);
  registerStudyLabel(study);
  registerStudyList(study);
  registerStudyShow(study);
  registerExclude(study);
}

type CreateOptions = WorkspaceOptions & {
  readonly kind: StudyDesignInput["kind"];
  readonly title?: string;
  readonly endpoint: "mnbn" | "mn";
  readonly level: number;
  readonly curve?: string;
  readonly curveModel: "linear-quadratic" | "linear";
  readonly exposureHours: number;
  readonly historicalRate?: number;
};

function registerCreate(study: Command): void {
  study
    .command("create")
    .description("start a study")
    .argument("<name>", "short name, such as a study number")
    .addOption(
      new Option("--kind <kind>", "what the study asks")
        .choices(["frequency", "biodosimetry", "genotoxicity"])
        .default("frequency"),
    )
    .option("--title <text>", "title of the report (default: the name)")
    .addOption(
      new Option(
        "--endpoint <what>",
        "what a dose is read from: cells with micronuclei, or all micronuclei (counted by persons)",
      )
        .choices(["mnbn", "mn"])
        .default("mnbn"),
    )
    .option("--level <share>", "confidence level of the intervals", numberBetween(0.5, 0.9999), 0.95)
    .option("--curve <file>", 'calibration curve from elsewhere, as "mn assay calibrate" writes it')
    .addOption(
      new Option("--curve-model <name>", "curve to fit to the calibration samples")
        .choices(["linear-quadratic", "linear"])
        .default("linear-quadratic"),
    )
    .option("--exposure-hours <hours>", "time over which the dose was received", numberBetween(0, 10_000), 0)
    .option(
      "--historical-rate <share>",
      "share of cells with micronuclei in earlier negative controls",
      numberBetween(0, 1),
    )
    .addOption(workspaceOption())
    .addOption(byOption())
    .addHelpText("after", CREATE_HELP)
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { createStudy } = await import("../workspace/study.ts");
      const design = await designOf(name, options);
      const created = await withWorkspace(options, (workspace) =>
        createStudy(workspace, authorOf(options), { name, design }),
      );
      consoleOf(command).result(
        created,
        `Study "${name}" (${options.kind}). Next: mn study import ${name} TABLE-OR-FOLDER`,
      );
    });
}

async function designOf(name: string, options: CreateOptions): Promise<StudyDesignInput> {
  return {
    title: options.title ?? name,
    kind: options.kind,
    endpoint: options.endpoint,
    level: options.level,
    curve: options.curve === undefined ? null : await readCurve(options.curve),
    curveModel: options.curveModel,
    exposureHours: options.exposureHours,
    historicalRatePerCell: options.historicalRate ?? null,
  };
}

async function readCurve(path: string): Promise<NonNullable<StudyDesignInput["curve"]>> {
  const { parseCurve } = await import("../assay/curve-file.ts");
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new UsageError(
      "CURVE_FILE_MISSING",
      `The curve "${path}" cannot be read: ${describeError(cause)}. Check the path.`,
      { cause },
    );
  });
  const { covariance, ...curve } = parseCurve(text, path);
  const rows = covariance.map(([c = 0, alpha = 0, beta = 0]): [number, number, number] => [c, alpha, beta]);
  return { source: path, sha256: sha256(text), curve: { ...curve, covariance: rows } };
}

function registerExclude(study: Command): void {
  study
    .command("exclude")
    .description("leave a sample out of the result, or take it back in; it stays in the workspace and in the report")
    .argument("<study>", "name of the study")
    .argument("<sample>", "name or code of the sample")
    .requiredOption("--reason <text>", "why, for the report and the audit trail")
    .option("--undo", "take the sample back in", false)
    .addOption(workspaceOption())
    .addOption(byOption())
    .action(
      async (
        name: string,
        sample: string,
        options: WorkspaceOptions & { reason: string; undo: boolean },
        command: Command,
      ) => {
        const { excludeSample } = await import("../workspace/samples.ts");
        const { findStudy } = await import("../workspace/study.ts");
        const { reason, undo } = options;
        await withWorkspace(options, async (workspace) => {
          const { id } = await findStudy(workspace.db, name);
          await excludeSample(workspace, authorOf(options), { studyId: id, sample, excluded: !undo, reason });
        });
        consoleOf(command).result(
          { study: name, sample, excluded: !undo, reason },
          `${sample}: ${undo ? "included" : "excluded"}.`,
        );
      },
    );
}
