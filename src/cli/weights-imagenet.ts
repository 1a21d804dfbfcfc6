import { NETWORKS } from "../networks/networks.ts";
import type { FileOfWeights } from "../training/request.ts";
import { IMAGENET } from "../training/settings.ts";
import { weightsCacheFolder } from "../weights/cache-folder.ts";
import { fetchWeights } from "../weights/fetch.ts";
import type { Console } from "./console.ts";

/**
 * The file that the settings' weights are in: for "imagenet" that in the cache, fetched where it is not there. Throws
 * WEIGHTS_UNAVAILABLE (with what to do) and the others of fetchWeights: a training never starts from random weights instead.
 */
export function imageNetWeights(console: Console): FileOfWeights {
  const files = new Map<string, string>();
  return async ({ weights, network }) => {
    const published = NETWORKS[network.name].imagenet;
    if (weights !== IMAGENET || published === null) return weights;
    const known = files.get(published);
    if (known !== undefined) return known;
    const { path } = await fetchWeights(published, {
      cacheFolder: weightsCacheFolder(),
      proxy: process.env,
      reportProgress: console.progress,
    });
    files.set(published, path);
    return path;
  };
}
