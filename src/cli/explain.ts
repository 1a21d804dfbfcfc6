import { type Command, Option } from "commander";
import type { Device } from "../engine/session.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, numberBetween, seedOption, threadsOption } from "./options.ts";

export interface ExplainOptions {
  readonly out: string;
  readonly scale: "own" | "full";
  readonly threshold?: number;
  /** Folder of masks, or column of a manifest. */
  readonly masks?: string;
  readonly randomise: boolean;
  readonly seed: number;
  readonly device: "auto" | Device;
  readonly threads?: number;
}

const EXAMPLES = `
Writes index.html (all cells, sorted by probability; opens in any browser), panels/ (a PNG a cell: the cell and it under
each attention map), maps/ (the raw maps, .npy) and explanations.csv; with --masks also localisation.json.

--masks measures how well the maps point at what a person marked: pointing game (the peak is inside), energy (share of the
map inside), IoU (with the places of at least half of the peak), beside what chance would give. Masks are grey PNG or
TIFF files with their image's name in a folder, or the paths in a column of the manifest. With --randomise the same is
measured with random weights: a map that still points there does not come from what was learnt.

Examples:
  $ mn explain cell-17.png                               with the model in the box
  $ mn explain run/model.onnx slide/ --out slide-maps
  $ mn explain run/model.onnx drawn/manifest.csv --masks mask --randomise`;

/** `mn explain [MODEL] IMAGE...`. */
export function registerExplain(program: Command): void {
  program
    .command("explain")
    .description("show for every cell where the model looked, and measure whether it looked at the micronucleus")
    .argument("<images...>", "images, folders or manifests; a first one ending in .onnx is the model to use")
    .option("--out <folder>", "where to write", "explain")
    .addOption(
      new Option("--scale <range>", "colours from a map's own least to greatest value, or from 0 to 1")
        .choices(["own", "full"])
        .default("own"),
    )
    .option(
      "--threshold <probability>",
      "call positive from here on (default: the model's operating point)",
      numberBetween(0, 1),
    )
    .option("--masks <folder or column>", "measure localisation against these masks of micronuclei")
    .option("--randomise", "measure it with random weights too; needs --masks", false)
    .addOption(seedOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addHelpText("after", EXAMPLES)
    .action(async (images: string[], options: ExplainOptions, command: Command) => {
      const { runExplain } = await import("./explain-run.ts");
      await runExplain(images, options, consoleOf(command));
    });
}
