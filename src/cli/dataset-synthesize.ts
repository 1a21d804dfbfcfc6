import { type Command, Option } from "commander";
import { consoleOf } from "./console.ts";
import { numberBetween, seedOption, wholeNumber } from "./options.ts";

interface SynthesizeOptions {
  readonly out: string;
  readonly cells: number;
  readonly stain: "giemsa" | "dapi" | "both";
  readonly fields?: number;
  readonly prevalence: number;
  readonly side: number;
  readonly seed: number;
}

const EXAMPLES = `
Writes images/mn, images/normal, masks/, parameters.jsonl and manifest.csv into a new or empty folder.

Examples:
  $ mn dataset synthesize --out drawn --cells 600
  $ mn dataset synthesize --out drawn --cells 2000 --stain giemsa --prevalence 0.07 --seed 5
  $ mn dataset import drawn/manifest.csv --out data.csv --group-by field`;

/** Adds `mn dataset synthesize` to `mn dataset`. */
export function registerDatasetSynthesize(dataset: Command): void {
  dataset
    .command("synthesize")
    .description("draw Giemsa-like and DAPI-like cells with masks, the paper's hard cases among them")
    .requiredOption("--out <folder>", "new or empty folder to write to")
    .requiredOption("--cells <number>", "how many cells to draw", wholeNumber(1, 99_999))
    .addOption(new Option("--stain <name>", "the look").choices(["giemsa", "dapi", "both"]).default("both"))
    .option("--fields <number>", "fields of view that the cells come from (default: 24)", wholeNumber(1, 999))
    .option("--prevalence <share>", "share of cells with micronuclei", numberBetween(0, 1), 0.3)
    .option("--side <pixels>", "side of the square pictures", wholeNumber(48, 1024), 112)
    .addOption(seedOption())
    .addHelpText("after", EXAMPLES)
    .action(synthesize);
}

async function synthesize({ out, fields, ...options }: SynthesizeOptions, command: Command): Promise<void> {
  const { DEFAULT_FIELDS, synthesizeDataset } = await import("../synthesis/synthesize-dataset.ts");
  const console = consoleOf(command);
  const summary = await synthesizeDataset(
    { ...options, outFolder: out, fields: fields ?? Math.min(DEFAULT_FIELDS, options.cells) },
    console.progress,
  );
  console.result(
    summary,
    `Drew ${summary.cells} cells of ${summary.fields} fields, ${summary.positives} with micronuclei: ${summary.manifest}`,
  );
}
