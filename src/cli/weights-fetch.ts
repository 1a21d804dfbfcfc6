import type { Command } from "commander";
import { consoleOf, formatTable } from "./console.ts";

const FETCH_EXAMPLES = `
NAME: alexnet, vgg16, googlenet, resnet18, resnet50, mobilenet_v2. The file is downloaded from torchvision's server once, checked against
its SHA-256, and kept as safetensors with the layers that networks here have. A broken download goes on where it stopped.
HTTPS_PROXY and NO_PROXY are respected; MICRONUCLEI_CACHE moves the cache.

Examples:
  $ mn weights fetch alexnet
  $ mn weights fetch resnet18 --mirror https://mirror.example.org/torchvision
  $ mn train data.csv --weights "$(mn weights fetch alexnet --json | jq -r .path)" --out run`;

const INSPECT_EXAMPLES = `
Reads safetensors and PyTorch checkpoints (zip and legacy). Nothing in the file is ever executed.

Examples:
  $ mn weights inspect checkpoint.pth
  $ mn weights inspect alexnet-imagenet.safetensors --json`;

/** Adds `mn weights fetch NAME` to `mn weights`. */
export function registerWeightsFetch(weights: Command): void {
  weights
    .command("fetch")
    .description("download ImageNet weights, verified, into the cache")
    .argument("<name>", "which weights")
    .option("--mirror <url>", "folder on another server with the same files")
    .option("--cache <folder>", "where to keep the weights (default: the system's place for caches)")
    .addHelpText("after", FETCH_EXAMPLES)
    .action(fetchAction);
}

/** Adds `mn weights inspect FILE` to `mn weights`. */
export function registerWeightsInspect(weights: Command): void {
  weights
    .command("inspect")
    .description("list what a file of weights holds: names, shapes, types, sizes, licence")
    .argument("<file>", "safetensors or PyTorch checkpoint")
    .addHelpText("after", INSPECT_EXAMPLES)
    .action(inspectAction);
}

async function fetchAction(
  name: string,
  { mirror, cache }: { readonly mirror?: string; readonly cache?: string },
  command: Command,
): Promise<void> {
  const { fetchWeights } = await import("../weights/fetch.ts");
  const { weightsCacheFolder } = await import("../weights/cache-folder.ts");
  const console = consoleOf(command);
  const { path, fromCache, metadata } = await fetchWeights(name, {
    cacheFolder: cache ?? weightsCacheFolder(),
    proxy: process.env,
    reportProgress: console.progress,
    ...(mirror === undefined ? {} : { mirror }),
  });
  const { source, sha256, license } = metadata;
  console.result(
    { name, path, fromCache, source, sha256, license },
    [
      `${fromCache ? "In the cache" : "Fetched and verified"}: ${path}`,
      `Source: ${source}`,
      `SHA-256 of the source: ${sha256}`,
      `Licence: ${license}`,
    ].join("\n"),
  );
}

async function inspectAction(file: string, _options: object, command: Command): Promise<void> {
  const { describeWeightsFile } = await import("../weights/describe.ts");
  const description = await describeWeightsFile(file);
  const { format, bytes, sha256, license, parameters, tensors, metadata } = description;
  const rows = tensors.map(({ name, type, shape, bytes: size }) => [name, type, shape.join(" x "), size]);
  consoleOf(command).result(
    description,
    [
      formatTable([["tensor", "type", "shape", "bytes"], ...rows]),
      "",
      `${file}: ${format}, ${tensors.length} tensors, ${parameters} numbers, ${bytes} bytes`,
      `SHA-256: ${sha256}`,
      `Licence: ${license ?? "not stated in the file; ask whoever trained these weights"}`,
      ...Object.entries(metadata)
        .filter(([key]) => key !== "license")
        .map(([key, value]) => `${key}: ${value}`),
    ].join("\n"),
  );
}
