import { UsageError } from "../core/errors.ts";
import { NETWORKS } from "../networks/networks.ts";
import type { TrainingSettings } from "../training/settings.ts";
import { weightsCacheFolder } from "../weights/cache-folder.ts";
import { fetchWeights } from "../weights/fetch.ts";
import type { Console } from "./console.ts";

/** What `--weights` takes in the place of a file. */
const IMAGENET = "imagenet";

/**
 * Settings with `weights: "imagenet"` made into those with the file in the cache, fetched where it is not there.
 * GoogLeNet gets the pixels from -1 to 1 that its published weights were trained with.
 *
 * Throws IMAGENET_WEIGHTS_NONE, WEIGHTS_UNAVAILABLE (with what to do) and the others of fetchWeights: a training never
 * starts from random weights instead.
 */
export async function withImageNetWeights(settings: TrainingSettings, console: Console): Promise<TrainingSettings> {
  if (settings.weights !== IMAGENET) return settings;
  const { network } = settings;
  const { imagenet } = NETWORKS[network.name];
  if (imagenet === null) throw noneFor(network.name);
  const { path } = await fetchWeights(imagenet, {
    cacheFolder: weightsCacheFolder(),
    proxy: process.env,
    reportProgress: console.progress,
  });
  return {
    ...settings,
    weights: path,
    network: imagenet === "googlenet" ? { ...network, transformInput: network.transformInput ?? true } : network,
  };
}

function noneFor(name: string): UsageError {
  const others = Object.entries(NETWORKS).flatMap(([other, { imagenet }]) => (imagenet === null ? [] : [other]));
  return new UsageError(
    "IMAGENET_WEIGHTS_NONE",
    `Torchvision publishes no ImageNet weights for the network "${name}". Leave --weights out to start from random ones, ` +
      `name a file of weights, or choose one of ${others.join(", ")}.`,
  );
}
