import type { Command } from "commander";
import { consoleOf } from "./console.ts";

const EXAMPLES = `
NAME: alexnet, vgg16 (both also with hidden dense layers: alexnet_dense, vgg16_dense), googlenet, resnet18, resnet50, mobilenet_v2. The file is downloaded from torchvision's server once, checked against
its SHA-256, and kept as safetensors with the layers that networks here have. A broken download goes on where it stopped.
HTTPS_PROXY and NO_PROXY are respected; MICRONUCLEI_CACHE moves the cache.

Examples:
  $ mn weights fetch alexnet
  $ mn weights fetch resnet18 --mirror https://mirror.example.org/torchvision
  $ mn train data.csv --weights imagenet --out run     fetches what the network needs by itself`;

/** Adds `mn weights fetch NAME` to `mn weights`. */
export function registerWeightsFetch(weights: Command): void {
  weights
    .command("fetch")
    .description("download ImageNet weights, verified, into the cache")
    .argument("<name>", "which weights")
    .option("--mirror <url>", "folder on another server with the same files")
    .option("--cache <folder>", "where to keep the weights (default: the system's place for caches)")
    .addHelpText("after", EXAMPLES)
    .action(fetchAction);
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
