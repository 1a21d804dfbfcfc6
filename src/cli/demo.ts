import type { Command } from "commander";
import type { Device } from "../engine/session.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, seedOption, threadsOption, whereOption, wholeNumber } from "./options.ts";

export interface DemoOptions {
  readonly data?: string;
  readonly where: Record<string, string>;
  readonly out: string;
  readonly cells: number;
  readonly epochs: number;
  readonly seed: number;
  readonly device: "auto" | Device;
  readonly threads?: number;
  readonly open: boolean;
}

const EXAMPLES = `
Examples:
  $ mn demo                          draws cells, trains, measures, explains: a few minutes
  $ mn demo --data my-cells/         the same on a folder with mn/ and normal/, or on a manifest
  $ mn demo --no-open                prints the path of the page without opening it`;

/** `mn demo`. */
export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("the whole way on drawn cells or on yours: train, measure, explain, one page")
    .option("--data <source>", "folder of class folders or manifest (default: drawn cells)")
    .addOption(whereOption())
    .option("--out <folder>", "folder for everything", "demo")
    .option("--cells <number>", "how many cells to draw, or at most to take of your data", wholeNumber(60, 5000), 600)
    .option("--epochs <number>", "epochs of training", wholeNumber(1, 100), 14)
    .addOption(seedOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--no-open", "do not open the page")
    .addHelpText("after", EXAMPLES)
    .action(async (options: DemoOptions, command: Command) => {
      const { runDemo } = await import("./demo-run.ts");
      await runDemo(options, consoleOf(command));
    });
}
