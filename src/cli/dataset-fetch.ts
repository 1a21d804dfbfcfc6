import { Argument, type Command } from "commander";
import { consoleOf } from "./console.ts";

const EXAMPLES = `
mnfinder (MIT): fluorescence fields of several cell lines with micronuclei drawn by experts. bbbc039 (CC0): U2OS nuclei in a chemical
screen, micronuclei derived by rule. The archives are downloaded once, resumed where a download broke off; their checksums are recorded
the first time and checked ever after. Cite what ATTRIBUTION.md beside the data names.

Examples:
  $ mn dataset fetch mnfinder --out mnfinder
  $ mn dataset import mnfinder/manifest.csv --out data.csv
  $ mn train data.csv --out run`;

/** Adds `mn dataset fetch NAME` to `mn dataset`. */
export function registerDatasetFetch(dataset: Command): void {
  dataset
    .command("fetch")
    .description("download public fields and cut them into labelled cells")
    .addArgument(new Argument("<name>", "which public data").choices(["mnfinder", "bbbc039"]))
    .requiredOption("--out <folder>", "where the archives, the cells and the manifest go")
    .addHelpText("after", EXAMPLES)
    .action(fetch);
}

async function fetch(name: "mnfinder" | "bbbc039", { out }: { readonly out: string }, command: Command): Promise<void> {
  const { fetchDataset } = await import("../acquisition/fetch-dataset.ts");
  const { publicSource } = await import("../acquisition/public-sources.ts");
  const console = consoleOf(command);
  const fetched = await fetchDataset(publicSource(name), out, {
    proxy: process.env,
    reportProgress: console.progress,
  });
  const { mn, normal, ambiguous } = fetched.cells;
  console.result(
    fetched,
    `Cut ${fetched.fields} fields: ${mn} cells with micronuclei, ${normal} without, ${ambiguous} ambiguous (leave these out).\n` +
      `Manifest: ${fetched.manifest}\nLicence: ${fetched.license}; ATTRIBUTION.md beside it says what to cite.`,
  );
}
