// Builds the web application of `mn review` into dist/web where it is missing or older than its sources.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { node24 } from "./run.mjs";
import { projectRoot } from "./setup.mjs";

/** What it is made of, in the checkout. */
const SOURCES = ["web", "src/server/api", "package-lock.json"];
const PAGE = "dist/web/index.html";

/** Says what it does on standard error; ends the process where the build fails. */
export function buildWebIfOld() {
  const built = changedAt(PAGE);
  if (built >= Math.max(...SOURCES.map(changedAt))) return;
  process.stderr.write(`Building the web application (${built === 0 ? "once" : "its sources changed"}) ...\n`);
  const vite = join(projectRoot, "node_modules/vite/bin/vite.js");
  const { status } = spawnSync(node24(), [vite, "build", "web", "--logLevel", "warn"], {
    cwd: projectRoot,
    stdio: ["ignore", 2, 2],
  });
  if (status === 0) return;
  process.stderr.write("The web application could not be built; the lines above say why.\n");
  process.exit(1);
}

/** When a file, or anything in a folder, was last changed, in milliseconds; 0 where there is none. */
function changedAt(path) {
  const stats = statSync(join(projectRoot, path), { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(join(projectRoot, path)).map((name) => changedAt(join(path, name))));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) buildWebIfOld();
