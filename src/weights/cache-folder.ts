import { homedir } from "node:os";
import { join } from "node:path";

/** What decides where downloaded weights are kept. */
export interface CachePlace {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const THIS_COMPUTER: CachePlace = { environment: process.env, platform: process.platform, home: homedir() };

/**
 * The folder of downloaded weights: `weights` in MICRONUCLEI_CACHE, else in `micronuclei` in the place that the
 * operating system has for caches.
 */
export function weightsCacheFolder(place: CachePlace = THIS_COMPUTER): string {
  const own = place.environment.MICRONUCLEI_CACHE;
  return own ? join(own, "weights") : join(systemCacheFolder(place), "micronuclei", "weights");
}

function systemCacheFolder({ environment, platform, home }: CachePlace): string {
  if (platform === "win32") return environment.LOCALAPPDATA ?? join(home, "AppData", "Local");
  if (platform === "darwin") return join(home, "Library", "Caches");
  // An empty one counts as unset: XDG Base Directory Specification 0.8.
  return environment.XDG_CACHE_HOME || join(home, ".cache");
}
