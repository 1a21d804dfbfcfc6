import { type Command, InvalidArgumentError, Option } from "commander";
import type { GroupBy } from "../dataset/grouping.ts";
import type { Device } from "../engine/session.ts";
import { addCompletionOptions, type CompletionOptions } from "./completion-options.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, numberBetween, threadsOption, whereOption, wholeNumber } from "./options.ts";

export interface TrainOptions extends CompletionOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly settings?: string;
  readonly network?: string;
  readonly weights?: string;
  readonly epochs?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly decayEvery?: number;
  readonly gamma?: number;
  readonly clipNorm?: number;
  readonly averageEpochs?: number;
  readonly augmentation?: string;
  readonly balance?: string;
  readonly balanceWithin?: string;
  readonly storage?: string;
  readonly seed?: number;
  readonly positive?: string;
  readonly negative?: string;
  readonly fold?: { readonly number: number; readonly of: number };
  readonly foldBy: GroupBy;
  readonly where: Record<string, string>;
  readonly device: "auto" | Device;
  readonly threads?: number;
  readonly logAugmentation: boolean;
  readonly portable: boolean;
}

const EXAMPLES = `
Examples:
  $ mn train data.csv --out run                              the paper's recipe, 60 epochs
  $ mn train cells/ --weights alexnet.safetensors --out run  start from ImageNet features
  $ mn train data.csv --epochs 15 --decay-every 5 --out run  a short schedule
  $ mn train data.csv --out run --resume                     go on after Ctrl-C or a power cut`;

/** `mn train DATA --out RUN`. */
export function registerTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train a network on labelled cells; the paper's recipe is the default")
    .argument("<data>", "manifest, or folder with a folder of images for each class")
    .requiredOption("--out <folder>", "run folder: model, checkpoint, history, report")
    .option("--resume", "go on with the run in that folder", false)
    .option("--settings <file>", "YAML or JSON file of settings; options on the command line win")
    .option("--network <name>", "which network (default: alexnet-attention)")
    .option("--weights <file>", "imagenet, or a file: safetensors, PyTorch checkpoint or model (default: random)")
    .option("--epochs <number>", "epochs (default: 60)", wholeNumber(1))
    .option("--batch <number>", "images in a step (default: 32)", wholeNumber(1))
    .option("--learning-rate <number>", "learning rate at the start (default: 0.01)", numberBetween(0, 10))
    .option("--decay-every <epochs>", "epochs after which it is divided by ten (default: 20)", wholeNumber(1))
    .option("--gamma <number>", "focal loss exponent; 0 is cross-entropy (default: 2)", numberBetween(0, 10))
    .option(
      "--clip-norm <number>",
      "greatest norm of the gradient (default: 5; 1 where most or all weights are random)",
      numberBetween(0, Number.POSITIVE_INFINITY),
    )
    .option(
      "--average-epochs <number>",
      "keep the mean of the weights over so many epochs (default: those of the last step)",
      numberBetween(0, Number.POSITIVE_INFINITY),
    )
    .addOption(
      new Option("--augmentation <kind>", "(default: paper)").choices(["paper", "online", "microscopes", "none"]),
    )
    .addOption(new Option("--storage <type>", "of the finished model's weights").choices(["float32", "float16"]));
  addCompletionOptions(command)
    .addOption(new Option("--balance <kind>", "splits to balance (default: tvad)").choices(["tvad", "tad", "none"]))
    .option("--balance-within <column>", "balance the classes within each value of this column, such as source")
    .option("--positive <label>", "label of cells with micronuclei (default: mn)")
    .option("--negative <label>", "label of cells without")
    .addOption(whereOption())
    .option(
      "--fold <number/of>",
      "one fold of a cross-validation: 2/5 tests fold 2, validates on fold 3, trains on the rest",
      foldOfText,
    )
    .addOption(
      new Option("--fold-by <kind>", "what folds keep whole")
        .choices(["auto", "none", "field", "slide", "donor", "group"])
        .default("auto"),
    )
    .option("--seed <number>", "seed of every random choice (default: 1)", wholeNumber(0))
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--log-augmentation", "write the parameters of every augmented image into the run folder", false)
    .option("--portable", "only standard operators, without the fast path of this processor", false)
    .addHelpText("after", EXAMPLES)
    .action(async (data: string, options: TrainOptions, own: Command) => {
      const { runTraining } = await import("./train-run.ts");
      await runTraining(data, options, consoleOf(own));
    });
}

function foldOfText(text: string): { number: number; of: number } {
  const [, number, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (number !== undefined && of !== undefined && number >= 1 && number <= of && of >= 3) return { number, of };
  throw new InvalidArgumentError("Expected a fold of at least three, such as 2/5.");
}
