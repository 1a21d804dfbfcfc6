// node scripts/run.mjs FILE ARGS...   runs a TypeScript file of this project with Node 24, whatever Node is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundledNode, projectRoot, setUp } from "./setup.mjs";

/** The running Node where it is new enough, else the one from npm. */
export function node24() {
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  if (existsSync(bundledNode)) return bundledNode;
  process.stderr.write(
    `Node 24 is needed and this is ${process.version}. npm should have put one at ${bundledNode}; ` +
      "if install scripts are switched off (npm config get ignore-scripts), install Node 24 yourself.\n",
  );
  process.exit(1);
}

/**
 * Where Node keeps TypeScript without its types and compiled code, for the next start and for every worker thread. Without it
 * each thread compiles Node's TypeScript parser, a WebAssembly module, anew. V8 has crashed in tests with many threads ("Check
 * failed: jit_page.has_value()"), as it does for others where WebAssembly comes and goes (https://github.com/nodejs/node/issues/64500).
 */
const compileCache = join(projectRoot, "node_modules/.cache/node-compile");

/**
 * Runs a file of this project in the folder `cwd` with our standard input and outputs, passing signals on.
 * Resolves to its exit code; if a signal ended it, the same signal ends us.
 */
export function run(file, args, cwd = projectRoot) {
  const flags = ["--disable-warning=ExperimentalWarning"];
  const env = { NODE_COMPILE_CACHE: compileCache, ...process.env };
  const child = spawn(node24(), [...flags, resolve(projectRoot, file), ...args], { cwd, stdio: "inherit", env });
  const forward = (signal) => child.kill(signal);
  // On a terminal Ctrl-C reaches the child without us, and a second one could mean "stop at once" to it.
  const onInterrupt = process.stdin.isTTY || process.stderr.isTTY ? () => {} : forward;
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", forward);
  process.on("SIGHUP", forward);
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code, signal) => {
      process.off("SIGINT", onInterrupt);
      process.off("SIGTERM", forward);
      process.off("SIGHUP", forward);
      if (signal) process.kill(process.pid, signal);
      else done(code);
    });
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setUp();
  process.exitCode = await run(process.argv[2], process.argv.slice(3));
}
