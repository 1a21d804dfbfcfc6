import { type Command, Option } from "commander";
import type { GroupBy } from "../dataset/grouping.ts";
import type { Device } from "../engine/session.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, threadsOption, whereOption, wholeNumber } from "./options.ts";

export interface TuneOptions {
  readonly settings: string;
  readonly out: string;
  readonly random?: number;
  readonly seed: number;
  readonly folds: number;
  readonly foldBy: GroupBy;
  readonly positive?: string;
  readonly negative?: string;
  readonly where: Record<string, string>;
  readonly device: "auto" | Device;
  readonly threads?: number;
}

const EXAMPLES = `
A settings file names what is tried; values are lists, or ranges:
  base: { epochs: 15, weights: imagenet }
  vary:
    schedule.learningRate: { from: 0.001, to: 0.1, scale: log, steps: 5 }
    loss.gamma: [0, 2]
Cells of the split "test" take no part, so that the best settings (OUT/best.yaml) can be tested on them. Every training is a run
folder below OUT/runs. The same command goes on after Ctrl-C or a power cut; what is finished is used again, in a larger search too.

Examples:
  $ mn tune data.csv --settings grid.yaml --out tuned                every combination, five folds
  $ mn tune data.csv --settings grid.yaml --random 20 --out tuned    20 combinations drawn at random
  $ mn tune data.csv --settings grid.yaml --folds 1 --out tuned      on the data's own split
  $ mn train data.csv --settings tuned/best.yaml --out run           then train with the best`;

/** `mn tune DATA --settings FILE --out DIR`. */
export function registerTune(program: Command): void {
  program
    .command("tune")
    .description("search for better training settings by cross-validation")
    .argument("<data>", "manifest, or folder with a folder of images for each class")
    .requiredOption("--settings <file>", "YAML or JSON file: the settings to vary, and those that all share")
    .requiredOption("--out <folder>", "run folders, table and best settings")
    .option("--random <number>", "so many combinations drawn at random (default: all of them)", wholeNumber(1))
    .option("--seed <number>", "seed of the random search; the folds do not depend on it", wholeNumber(0), 1)
    .option("--folds <number>", "folds of the cross-validation; 1: the data's own split", wholeNumber(1), 5)
    .addOption(
      new Option("--fold-by <kind>", "what folds keep whole")
        .choices(["auto", "none", "field", "slide", "donor", "group"])
        .default("auto"),
    )
    .option("--positive <label>", "label of cells with micronuclei (default: mn)")
    .option("--negative <label>", "label of cells without")
    .addOption(whereOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addHelpText("after", EXAMPLES)
    .action(async (data: string, options: TuneOptions, command: Command) => {
      const { runTuneCommand } = await import("./tune-run.ts");
      await runTuneCommand(data, options, consoleOf(command));
    });
}
