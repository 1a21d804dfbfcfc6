import type { Command } from "commander";
import type { WeightsDescription } from "../weights/describe.ts";
import type { NetworkFit } from "../weights/network-weights.ts";
import { consoleOf, formatTable } from "./console.ts";

const EXAMPLES = `
Reads safetensors, PyTorch checkpoints (zip and legacy) and models of ours. Nothing in the file is ever executed.

Examples:
  $ mn weights inspect checkpoint.pth
  $ mn weights inspect alexnet-imagenet.safetensors --json`;

/** Adds `mn weights inspect FILE` to `mn weights`. */
export function registerWeightsInspect(weights: Command): void {
  weights
    .command("inspect")
    .description("list what a file of weights holds, and which network it fits")
    .argument("<file>", "safetensors, PyTorch checkpoint or model")
    .addHelpText("after", EXAMPLES)
    .action(inspectAction);
}

async function inspectAction(file: string, _options: object, command: Command): Promise<void> {
  const { describeWeightsFile } = await import("../weights/describe.ts");
  const description = await describeWeightsFile(file);
  consoleOf(command).result(description, describe(file, description));
}

function describe(file: string, description: WeightsDescription): string {
  const { format, bytes, sha256, license, parameters, tensors, metadata, fits } = description;
  const rows = tensors.map(({ name, type, shape, bytes: size }) => [name, type, shape.join(" x "), size]);
  return [
    formatTable([["tensor", "type", "shape", "bytes"], ...rows]),
    "",
    `${file}: ${format}, ${tensors.length} tensors, ${parameters} numbers, ${bytes} bytes`,
    `SHA-256: ${sha256}`,
    `Licence: ${license ?? "not stated in the file; ask whoever trained these weights"}`,
    ...Object.entries(metadata)
      .filter(([key]) => key !== "license")
      .map(([key, value]) => `${key}: ${value}`),
    "",
    ...(fits.length === 0
      ? ["Fits no network: no name and shape agree."]
      : fits.flatMap((fit, index) => describeFit(fit, index === 0))),
  ].join("\n");
}

/** Tensors that are named of those that do not fit. */
const NAMED = 6;

/** One line a network, and for the best one what does not fit. */
function describeFit({ network, fitting, unfit, unused, share }: NetworkFit, isBest: boolean): string[] {
  const whole = `Fits ${network}: all ${fitting.length} tensors`;
  const part = `Fits ${network} in part: ${fitting.length} of ${fitting.length + unfit.length} tensors, ${(Math.floor(1000 * share) / 10).toFixed(1)} % of its numbers`;
  const left = unused.length === 0 ? "" : `; ${unused.length} of the file are not in the network`;
  const differences = unfit.slice(0, NAMED).map(({ name, shape, found }) => {
    const has = found === null ? "the file has none" : `the file's is [${found.join(", ")}]`;
    return `    ${name} [${shape.join(", ")}]: ${has}`;
  });
  if (!isBest) return [unfit.length === 0 ? whole : part];
  const more = unfit.length > NAMED ? [`    and ${unfit.length - NAMED} more`] : [];
  return [`${unfit.length === 0 ? whole : part}${left}`, ...differences, ...more];
}
