import type { Command } from "commander";
import { consoleOf } from "./console.ts";

export interface WeightsImportOptions {
  readonly network?: string;
  readonly out: string;
  readonly classes: string;
  readonly positive: string;
  readonly transformInput: boolean;
  readonly cache?: string;
}

const EXAMPLES = `
With --network, a checkpoint of two classes becomes a model that "mn score", "mn explain" and any ONNX runtime can run. Names are
those of torchvision or of our own networks ("mn weights inspect" shows what fits). Nothing in the file is ever executed.
Without --network, one of torchvision's published files that was downloaded elsewhere is checked and put into the cache.

Examples:
  $ mn weights import checkpoint.pth --network resnet --out model.onnx
  $ mn weights import checkpoint.pth --network vgg16 --classes mn,normal --positive mn     first output is "mn"
  $ mn weights import alexnet-owt-7be5be79.pth                                             for "--weights imagenet"`;

/** Adds `mn weights import FILE` to `mn weights`. */
export function registerWeightsImport(weights: Command): void {
  weights
    .command("import")
    .description("make a model of a checkpoint that was trained elsewhere")
    .argument("<file>", "safetensors, PyTorch checkpoint or model")
    .option("--network <name>", "which network it is of")
    .option("--out <file>", "model to write", "model.onnx")
    .option("--classes <first,second>", "classes in the order of the file's outputs", "normal,mn")
    .option("--positive <class>", "class of cells with micronuclei", "mn")
    .option(
      "--transform-input",
      "GoogLeNet: the first layer sees pixels from -1 to 1, as torchvision's ImageNet weights",
      false,
    )
    .option("--cache <folder>", "where published weights are kept (default: the system's place for caches)")
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: WeightsImportOptions, command: Command) => {
      const { runWeightsImport } = await import("./weights-import-run.ts");
      await runWeightsImport(file, options, consoleOf(command));
    });
}
