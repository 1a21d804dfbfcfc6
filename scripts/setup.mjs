// Makes a fresh clone ready: installs the packages of package-lock.json where they are missing or other ones.
// Runs under any Node from 16 on, before anything is installed; says what it does on standard error.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node 24 that comes as the npm package `node`; there after the installation. */
export const bundledNode = join(
  projectRoot,
  "node_modules/node/bin",
  process.platform === "win32" ? "node.exe" : "node",
);

/** Installs if needed; ends the process with a message where that fails. */
export function setUp() {
  if (isInstalled()) return;
  say("Installing the packages of package-lock.json (once; a few minutes, about 700 MB) ...");
  if (npm("ci") !== 0) {
    say("npm ci failed; trying npm install ...");
    if (npm("install") !== 0) fail();
  }
  say("Installed.");
}

/**
 * Whether npm's own record of what it installed agrees with package-lock.json. Optional packages may be absent: they
 * are other platforms' variants.
 */
function isInstalled() {
  const record = join(projectRoot, "node_modules/.package-lock.json");
  if (!existsSync(record) || !existsSync(bundledNode)) return false;
  const installed = packagesOf(record);
  const wanted = packagesOf(join(projectRoot, "package-lock.json"));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" || (installed[path] ? installed[path].version === version : optional === true),
  );
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

/** Runs npm with its output on our standard error, so that a command's result stays alone on standard output. */
function npm(command) {
  // One retry after ten seconds; npm's own three take more than a minute to notice that there is no network.
  const { status } = spawnSync("npm", [command, "--loglevel=error", "--no-fund", "--no-audit", "--fetch-retries=1"], {
    cwd: projectRoot,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32", // npm is npm.cmd there
    // The CPU build of ONNX Runtime is in its package; CUDA would be a download of its own.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
  });
  return status;
}

function fail() {
  say(
    "The packages could not be installed. The lines above say why. Most often the npm registry could not be reached: " +
      "check the network (behind a proxy: npm config set proxy http://HOST:PORT), then run the same command again.",
  );
  process.exit(1);
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setUp();
