import type { Command } from "commander";
import type { Device } from "../engine/session.ts";
import type { ViewCount } from "../scoring/views.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, numberBetween, threadsOption, viewsOption, wholeNumber } from "./options.ts";

export interface ScoreOptions {
  readonly out?: string;
  readonly threshold?: number;
  readonly batch: number;
  readonly views: ViewCount;
  readonly device: "auto" | Device;
  readonly threads?: number;
}

const EXAMPLES = `
Columns of the result: those of the source (a folder of class folders gives the label), then
  probability, prediction   of the positive class; the class from the threshold on
  attention_x, attention_y  where the attention is greatest, pixels of the image; attention_peak is how great, 0 to 1
  evidence_x, evidence_y    what spoke most for the positive class: nearer to micronuclei than the attention
  quality                   ok; blank; unfamiliar: not of the kind that the model knows (another stain, no cell, out of
                            focus), so that its probability means nothing; unreadable
  error                     why an unreadable image has no score; it keeps its row
Broken off with Ctrl-C or by a power cut, the same command goes on where it stopped.

Examples:
  $ mn score slide/ --out scores.csv                       with the model in the box
  $ mn score run/model.onnx slide/ --out scores.csv        with a model of your own
  $ mn score run/model.onnx data.csv --out scores.jsonl    every row of a manifest`;

/** `mn score [MODEL] SRC --out FILE`. */
export function registerScore(program: Command): void {
  program
    .command("score")
    .description("predict every cell of a slide, a folder, a manifest or an image")
    .argument("<model-or-source>", "model file; or the source, scored with the model in the box")
    .argument("[source]", "folder of images, manifest (.csv, .jsonl) or image")
    .option("--out <file>", "result: .csv or .jsonl (default: scores.csv)")
    .option(
      "--threshold <probability>",
      "call positive from here on (default: the model's operating point)",
      numberBetween(0, 1),
    )
    .addOption(viewsOption())
    .option("--batch <number>", "images at once", wholeNumber(1, 512), 32)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addHelpText("after", EXAMPLES)
    .action(async (first: string, second: string | undefined, options: ScoreOptions, command: Command) => {
      const { runScoring } = await import("./score-run.ts");
      await runScoring(first, second, options, consoleOf(command));
    });
}
