import { type Command, InvalidArgumentError, Option } from "commander";
import { DatasetError } from "../core/errors.ts";
import { RandomStream } from "../core/random.ts";
import type { GroupBy } from "../dataset/grouping.ts";
import { conflictText, labelName, splitRows } from "../dataset/import-markdown.ts";
import type { ImportReport } from "../dataset/import-report.ts";
import { consoleOf, formatTable } from "./console.ts";
import { seedOption, whereOption } from "./options.ts";

interface ImportCommandOptions {
  readonly out: string;
  readonly split: readonly [number, number, number];
  readonly groupBy: GroupBy;
  readonly positive?: string;
  readonly negative?: string;
  readonly where: Readonly<Record<string, string>>;
  readonly resplit: boolean;
  readonly allowConflicts: boolean;
  readonly seed: number;
}

const EXAMPLES = `
Reads a folder with a folder of images for each class, or a manifest: CSV or JSON Lines with the columns file, label and
any of mn_count, field, slide, donor, group, split, x, y, id. Other columns are kept. Decodes every image, finds
pictures that occur twice, and splits 6:2:2 by whole donors, slides or fields. No row is lost: one that must not be
used says why in its column "error". A report lies beside the manifest.

Examples:
  $ mn dataset import cells/ --out data.csv
  $ mn dataset import slide.csv --out data.csv --group-by slide --seed 7
  $ mn dataset import gallery/ --out data.csv --positive micronucleus --negative healthy
  $ mn dataset import all.csv --out hatch.csv --where source=hatch --resplit`;

/** Problems of one kind that are listed on the screen; the report has them all. */
const LISTED = 5;

/** Adds `mn dataset import` to `mn dataset`. */
export function registerDatasetImport(dataset: Command): void {
  dataset
    .command("import")
    .description("check a folder or manifest of cells, find duplicates, split it, write a manifest and a report")
    .argument("<source>", "manifest, or folder with a folder of images for each class")
    .requiredOption("--out <file>", "manifest to write (.csv, .tsv, .jsonl)")
    .addOption(
      new Option("--split <ratios>", "train : validation : test").argParser(parseRatios).default([6, 2, 2], "6:2:2"),
    )
    .addOption(
      new Option("--group-by <what>", "what a split keeps whole; auto: donor, else slide, else field")
        .choices(["auto", "none", "donor", "slide", "field", "group"])
        .default("auto"),
    )
    .option("--positive <label>", "label of cells with micronuclei (default: mn)")
    .option("--negative <label>", "label of cells without")
    .addOption(whereOption())
    .option("--resplit", "draw a new split where the source has one", false)
    .option("--allow-conflicts", "succeed although pictures with two labels had to be excluded", false)
    .addOption(seedOption())
    .addHelpText("after", EXAMPLES)
    .action(runImport);
}

async function runImport(source: string, options: ImportCommandOptions, command: Command): Promise<void> {
  const { importDataset } = await import("../dataset/import-dataset.ts");
  const console = consoleOf(command);
  const { seed, split, allowConflicts, ...others } = options;
  const stream = new RandomStream(seed);
  const report = await importDataset(source, { ...others, ratios: split, stream }, console.progress);
  if (report.conflicts.length === 0 || allowConflicts) {
    console.result(report, describeImport(report));
    return;
  }
  console.print(describeImport(report));
  throw new DatasetError(
    "LABEL_CONFLICTS",
    `The same picture occurs under different labels: ${report.conflicts.length} time(s), such as ` +
      `${conflictText(report.conflicts[0] ?? [])}. All of them are excluded; ${report.manifest} has the rest. Correct the labels and import again, or accept this ` +
      "with --allow-conflicts.",
  );
}

function describeImport(report: ImportReport): string {
  const { manifest, classes, labels, split, unreadable, duplicates, conflicts, warnings } = report;
  const count = (name: string): number => labels.find(({ label }) => label === name)?.usable ?? 0;
  const others = labels.filter(({ label }) => label !== classes.positive && label !== classes.negative);
  return [
    `${report.usable} of ${report.cells} cells are usable: ${count(classes.positive)} "${classes.positive}" (positive), ` +
      `${count(classes.negative)} "${classes.negative}" (negative).`,
    ...others.map(({ label, cells }) => `Left out: ${cells} cells of ${labelName(label)}.`),
    `\n${split.origin === "drawn" ? "Split, drawn now" : "Split, as in the source"}:`,
    `${formatTable(splitRows(split))}\n`,
    ...listed(
      "Cannot be read",
      unreadable.map(({ file, message }) => `${file}: ${message}`),
    ),
    ...listed("The same picture under different labels, all excluded", conflicts.map(conflictText)),
    ...listed(
      "The same picture more than once, one kept",
      duplicates.map(({ kept, dropped }) => `${kept} kept, without ${dropped.join(", ")}`),
    ),
    ...warnings.map((warning) => `Note: ${warning}`),
    `Manifest: ${manifest}, with ${reportName(manifest)} beside it`,
  ].join("\n");
}

function listed(what: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > LISTED ? [`  and ${items.length - LISTED} more`] : [];
  return [`${what}: ${items.length}`, ...items.slice(0, LISTED).map((item) => `  ${item}`), ...more];
}

function reportName(manifest: string): string {
  return manifest.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, ".report.md");
}

function parseRatios(text: string): [number, number, number] {
  const ratios = text.split(":").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  const [train = Number.NaN, val = Number.NaN, test = Number.NaN, ...rest] = ratios;
  if (rest.length === 0 && train > 0 && val >= 0 && test >= 0 && Number.isFinite(train + val + test))
    return [train, val, test];
  throw new InvalidArgumentError("Expected three numbers for train, validation and test, such as 6:2:2.");
}
