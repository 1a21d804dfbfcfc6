import { type Command, Option } from "commander";
import type { KeyStyle } from "../weights/export-model.ts";
import { consoleOf } from "./console.ts";

const EXAMPLES = `
Names are those of PyTorch's state_dict, and torchvision's for the layers that it has too, so that its models load them:

  import torch, torchvision
  from safetensors.torch import load_file
  network = torchvision.models.resnet18(num_classes=2)
  network.load_state_dict(load_file("resnet.safetensors"))

Input: pixels from 0 to 1, minus ImageNet's mean, divided by its standard deviation, 224 x 224.

Examples:
  $ mn weights export run/model.onnx --out resnet.safetensors
  $ mn weights export model.onnx --keys own --out attention.safetensors`;

/** Adds `mn weights export MODEL` to `mn weights`. */
export function registerWeightsExport(weights: Command): void {
  weights
    .command("export")
    .description("write a model's weights as safetensors, under PyTorch's names")
    .argument("<model>", "model of ours (ONNX)")
    .requiredOption("--out <file>", "safetensors file to write")
    .addOption(
      new Option("--keys <style>", "names of layers that torchvision calls otherwise")
        .choices(["torchvision", "own"] satisfies KeyStyle[])
        .default("torchvision"),
    )
    .addHelpText("after", EXAMPLES)
    .action(exportAction);
}

async function exportAction(
  model: string,
  { out, keys }: { readonly out: string; readonly keys: KeyStyle },
  command: Command,
): Promise<void> {
  const { exportModel } = await import("../weights/export-model.ts");
  const { writeFileAtomically } = await import("../core/files.ts");
  const { network, file, tensors } = await exportModel(model, keys);
  await writeFileAtomically(out, file);
  consoleOf(command).result(
    { out, network, tensors: tensors.length, bytes: file.length },
    `${out}: ${tensors.length} tensors of ${network.name}, ${file.length} bytes.`,
  );
}
