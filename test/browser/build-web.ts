import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { chromiumPath } from "./chromium.ts";

/** Before the first test in a browser, once for all of their files: builds the web application where it is old. */
export default function setup(): void {
  if (chromiumPath() === null) return;
  const script = join(import.meta.dirname, "../../scripts/build-web.mjs");
  const { status } = spawnSync(process.execPath, [script], { stdio: "inherit" });
  if (status !== 0) throw new Error("The web application could not be built; the lines above say why.");
}
