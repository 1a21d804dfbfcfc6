#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { describeError, MicronucleiError, UsageError } from "../core/errors.ts";
import { registerAssay } from "./assay.ts";
import { registerAudit } from "./audit.ts";
import { registerCalibrate } from "./calibrate.ts";
import { consoleOf } from "./console.ts";
import { registerDatasetFetch } from "./dataset-fetch.ts";
import { registerDatasetImport } from "./dataset-import.ts";
import { registerDatasetSynthesize } from "./dataset-synthesize.ts";
import { registerDemo } from "./demo.ts";
import { registerEvaluate } from "./evaluate-scores.ts";
import { registerExperiment } from "./experiment.ts";
import { registerExplain } from "./explain.ts";
import { restartForTraining } from "./memory-allocator.ts";
import { registerNetworks } from "./networks.ts";
import { registerReview } from "./review.ts";
import { registerScore } from "./score.ts";
import { registerStudyReport } from "./study-report.ts";
import { registerTrain } from "./train.ts";
import { registerTune } from "./tune.ts";
import { versionOfPackage } from "./version.ts";
import { registerWeightsExport } from "./weights-export.ts";
import { registerWeightsFetch } from "./weights-fetch.ts";
import { registerWeightsImport } from "./weights-import.ts";
import { registerWeightsInspect } from "./weights-inspect.ts";
import { registerWorkspace } from "./workspace.ts";
import { registerStudy } from "./workspace-study.ts";

/** What the shell learns: 0 done, 1 the work failed, 2 wrong usage. */
type ExitCode = 0 | 1 | 2;

const EXAMPLES = `
Examples:
  $ mn demo                                            everything at once, on drawn cells
  $ mn dataset import cells/ --out data.csv            check a folder of mn/ and normal/ images, split it
  $ mn train data.csv --out run                        train the paper's network
  $ mn evaluate run/model.onnx data.csv --split test   measure it on cells it has never seen
  $ mn score run/model.onnx slide/ --out scores.csv    predict a slide

mn COMMAND --help explains a command and shows examples. Every command takes --json for scripts.
Exit code: 0 done, 1 the work failed, 2 wrong usage.`;

/** The command `mn` with all of its subcommands. Their heavy modules are loaded when they run. */
export function createProgram(): Command {
  const program = new Command("mn")
    .description("Recognises micronuclei in images of single cells, and shows where it looked.")
    .version(versionOfPackage(), "-V, --version", "print the version")
    .helpOption("-h, --help", "explain a command")
    .option("--json", "print the result as one JSON document on standard output")
    .option("--quiet", "no messages and no progress, only the result")
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  registerCommands(program);
  return program;
}

/** The commands in the order and the groups of the help. */
function registerCommands(program: Command): void {
  program.commandsGroup("Start here:");
  registerDemo(program);

  program.commandsGroup("Cells:");
  const dataset = program.command("dataset").description("bring labelled cells into order, or draw some");
  registerDatasetImport(dataset);
  registerDatasetFetch(dataset);
  registerDatasetSynthesize(dataset);

  program.commandsGroup("Models:");
  registerTrain(program);
  registerCalibrate(program);
  registerEvaluate(program);
  registerScore(program);
  registerExplain(program);
  registerExperiment(program);
  registerTune(program);
  const weights = program.command("weights").description("bring weights from and to PyTorch, fetch ImageNet weights");
  registerWeightsFetch(weights);
  registerWeightsInspect(weights);
  registerWeightsImport(weights);
  registerWeightsExport(weights);
  registerNetworks(program);

  program.commandsGroup("Laboratory:");
  registerReview(program);
  registerWorkspace(program);
  registerStudy(program);
  registerStudyReport(program);
  registerAudit(program);
  registerAssay(program);
}

/** Runs one command line, without the program's own name, and says how it went. */
export async function runCommandLine(args: readonly string[], program = createProgram()): Promise<ExitCode> {
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    reportFailure(error, program);
    return error instanceof UsageError ? 2 : 1;
  } finally {
    consoleOf(program).endProgress();
  }
}

function reportFailure(error: unknown, program: Command): void {
  const console = consoleOf(program);
  console.endProgress();
  const expected = error instanceof MicronucleiError;
  process.stderr.write(`${expected ? explain(error) : askForReport(error)}\n`);
  if (!console.json) return;
  console.result({ error: { code: expected ? error.code : "UNEXPECTED", message: describeError(error) } }, "");
}

function explain(error: MicronucleiError): string {
  const cause = error.cause === undefined ? "" : describeError(error.cause);
  const because = cause === "" || error.message.includes(cause) ? "" : `\n  Cause: ${cause}`;
  return `error ${error.code}: ${error.message}${because}`;
}

function askForReport(error: unknown): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return (
    `This is a fault in mn ${versionOfPackage()} (Node ${process.version}, ${process.platform} ${process.arch}), ` +
    `not in your input. Please report it with the command line and these lines:\n${trace}`
  );
}

/** A reader that closes the pipe early, as in `mn ... | head`, has what it wants: not a failure. */
function endQuietlyWhenPipeCloses(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}

if (import.meta.main) {
  restartForTraining();
  endQuietlyWhenPipeCloses();
  const code = await runCommandLine(process.argv.slice(2));
  // A command that was interrupted in good order has set the code itself.
  if (code !== 0) process.exitCode = code;
}
