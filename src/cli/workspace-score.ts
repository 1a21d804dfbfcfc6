import { resolve } from "node:path";
import type { Command } from "commander";
import { EngineError } from "../core/errors.ts";
import type { Device } from "../engine/session.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, numberBetween, threadsOption, wholeNumber } from "./options.ts";
import { versionOfPackage } from "./version.ts";
import { authorOf, byOption, type WorkspaceOptions, withWorkspace, workspaceOption } from "./workspace-options.ts";

const HELP = `
Each cell is scored once with each model, threshold and device. Broken off, the same command goes on where it stopped. Scoring
with another model keeps both; --use makes its predictions the ones that count.

Examples:
  $ mn study score S-2026-014 --workspace laboratory                      with the model in the box
  $ mn study score S-2026-014 --model run/model.onnx --use --reason "validated on 2026-03-02"`;

type StudyScoreOptions = WorkspaceOptions & {
  readonly model?: string;
  readonly threshold?: number;
  readonly batch: number;
  readonly device: "auto" | Device;
  readonly threads?: number;
  readonly use: boolean;
  readonly reason?: string;
};

/** `mn study score STUDY`. */
export function registerStudyScore(study: Command): void {
  study
    .command("score")
    .description("predict every cell of a study")
    .argument("<study>", "name of the study")
    .option("--model <file>", "model file (default: the one in the box)")
    .option(
      "--threshold <probability>",
      "call positive from here on (default: the model's operating point)",
      numberBetween(0, 1),
    )
    .option("--use", "make these predictions the ones that count", false)
    .option("--reason <text>", "why, for the audit trail")
    .option("--batch <number>", "images at once", wholeNumber(1, 512), 32)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(workspaceOption())
    .addOption(byOption())
    .addHelpText("after", HELP)
    .action(runStudyScoring);
}

async function runStudyScoring(name: string, options: StudyScoreOptions, command: Command): Promise<void> {
  const { MODEL_IN_THE_BOX, readModel } = await import("../scoring/model.ts");
  const { selectDevice } = await import("../engine/devices.ts");
  const { findStudy, selectScoring } = await import("../workspace/study.ts");
  const { ensureScoring } = await import("../workspace/scorings.ts");
  const { scoreStudy } = await import("../workspace/score-study.ts");
  const { untilInterrupted } = await import("./score-run.ts");
  const console = consoleOf(command);
  const who = authorOf(options);
  const path = options.model ?? MODEL_IN_THE_BOX;
  const model = await readModel(path);
  const { device } = await selectDevice(options.device, console.message, { portable: true });
  await withWorkspace(options, async (workspace) => {
    const { id: studyId } = await findStudy(workspace.db, name);
    const scoring = await ensureScoring(workspace, who, {
      studyId,
      modelSha256: model.sha256,
      modelPath: resolve(path),
      model: model.metadata,
      threshold: options.threshold ?? model.metadata.operating_point.threshold,
      settings: { origin: "scored here", device },
      version: versionOfPackage(),
    });
    if (options.use)
      await selectScoring(workspace, who, { studyId, scoringId: scoring.id, reason: options.reason ?? null });
    const outcome = await untilInterrupted((signal) =>
      scoreStudy(workspace, who, {
        scoring,
        model,
        options: { session: { device, threads: options.threads ?? 0 }, batch: options.batch },
        reportProgress: console.progress,
        signal,
      }),
    );
    if (!outcome.finished)
      throw new EngineError(
        "SCORING_STOPPED",
        `Stopped after ${outcome.scored} cells; the same command goes on from here.`,
      );
    const inUse = (await findStudy(workspace.db, name)).scoringId === scoring.id;
    const { scored, unreadable } = outcome;
    console.result(
      { study: name, scoring: scoring.id, scored, unreadable, inUse },
      `${scored} cells scored, ${unreadable} could not be read.` +
        (inUse ? "" : " Another scoring is in use for this study: --use makes this one count."),
    );
  });
}
