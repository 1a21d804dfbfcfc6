import { type Command, Option } from "commander";
import type { Device } from "../engine/session.ts";
import { addCompletionOptions, type CompletionOptions } from "./completion-options.ts";
import { consoleOf } from "./console.ts";
import { deviceOption, seedOption, threadsOption, whereOption } from "./options.ts";

export interface CalibrateOptions extends CompletionOptions {
  readonly out: string;
  readonly split?: "val" | "test" | "all";
  readonly where: Readonly<Record<string, string>>;
  readonly positive?: string;
  readonly negative?: string;
  readonly seed: number;
  readonly device: "auto" | Device;
  readonly threads?: number;
}

const HELP = `
What "mn train" does at its end, for a model that is there already; its weights stay as they are.

Calibration: probabilities are fitted to the labelled cells, by a temperature or an isotonic curve, whichever measures better
on fields that the fit has not seen. They hold at the share of positives of these cells; the order of cells stays.
Unfamiliar images: from cells of the split "train", where there are any, the model learns what is familiar to it.
The operating point is chosen anew, as by "mn train".

Examples:
  $ mn calibrate run/model.onnx data.csv --out calibrated.onnx
  $ mn calibrate run/model.onnx my-cells.csv --split all --sensitivity 0.95 --out mine.onnx
  $ mn calibrate my-cells.csv --split all --out mine.onnx          the model in the box, for your own slides`;

/** `mn calibrate [MODEL] DATA --out FILE`. */
export function registerCalibrate(program: Command): void {
  const command = program
    .command("calibrate")
    .description("fit a model's probabilities, operating point and check for unfamiliar images to labelled cells")
    .argument("<model-or-data>", "model file; or the data, for the model in the box")
    .argument("[data]", "manifest, or folder with a folder of images for each class")
    .requiredOption("--out <file>", "the new model file")
    .addOption(new Option("--split <name>", "cells to fit to (default: val, or all)").choices(["val", "test", "all"]));
  addCompletionOptions(command)
    .addOption(whereOption())
    .option("--positive <label>", "label of the positive class (default: the model's)")
    .option("--negative <label>", "label of the negative class, where there are more than two")
    .addOption(seedOption())
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addHelpText("after", HELP)
    .action(async (first: string, second: string | undefined, options: CalibrateOptions, own: Command) => {
      const { runCalibration } = await import("./calibrate-run.ts");
      await runCalibration(first, second, options, consoleOf(own));
    });
}
