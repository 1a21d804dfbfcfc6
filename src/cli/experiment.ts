import { type Command, Option } from "commander";
import type { Device } from "../engine/session.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, nameList, threadsOption, whereOption, wholeNumber } from "./options.ts";

export interface ExperimentOptions {
  readonly subject: "paper" | "ablation";
  readonly out: string;
  readonly preset: "quick" | "standard" | "full";
  readonly settings?: string;
  readonly weights?: string;
  readonly only?: readonly string[];
  readonly resamples: number;
  readonly positive?: string;
  readonly negative?: string;
  readonly where: Record<string, string>;
  readonly device: "auto" | Device;
  readonly threads?: number;
}

const EXAMPLES = `
Every training is a run folder below OUT/runs. The same command goes on after Ctrl-C or a power cut; what is finished is used again.

Examples:
  $ mn experiment paper drawn/ --preset quick --out look         minutes: narrow networks on small images
  $ mn experiment paper data.csv --preset standard --out result  the AlexNet family in full, heavy networks shortly
  $ mn experiment paper data.csv --only resnet --out result      this entry now, the others another time
  $ mn experiment ablation data.csv --preset quick --out parts   what attention, focal loss and augmentation do
  $ mn experiment paper data.csv --settings my.yaml --out result your own comparison (see examples/experiments/paper.yaml)`;

const SUBJECTS = [
  ["paper", "the paper's tables and figures on any labelled cells"],
  ["ablation", "the proposed network with one setting changed at a time"],
] as const;

/** Adds `mn experiment paper DATA` and `mn experiment ablation DATA`. */
export function registerExperiment(program: Command): void {
  const experiment = program.command("experiment").description("compare networks on one data set, and report it");
  for (const [subject, description] of SUBJECTS) {
    experiment
      .command(subject)
      .description(description)
      .argument("<data>", "manifest, or folder with a folder of images for each class")
      .requiredOption("--out <folder>", "run folders, tables, charts and report")
      .addOption(new Option("--preset <name>", "how much").choices(["quick", "standard", "full"]).default("standard"))
      .option("--settings <file>", "YAML or JSON file that defines the experiment, in place of a preset")
      .option(
        "--weights <file>",
        "imagenet, or a file of weights that the AlexNet family starts from (default: random)",
      )
      .option(
        "--only <names>",
        "make these trainings now: entries or run folders, with commas between (default: all)",
        nameList,
      )
      .option("--resamples <number>", "bootstrap resamples of paired comparisons", wholeNumber(0), 1000)
      .option("--positive <label>", "label of cells with micronuclei (default: mn)")
      .option("--negative <label>", "label of cells without")
      .addOption(whereOption())
      .addOption(deviceOption())
      .addOption(threadsOption())
      .addHelpText("after", EXAMPLES)
      .action(async (data: string, options: Omit<ExperimentOptions, "subject">, command: Command) => {
        const { runExperimentCommand } = await import("./experiment-run.ts");
        await runExperimentCommand(data, { ...options, subject }, consoleOf(command));
      });
  }
}
