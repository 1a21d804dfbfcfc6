// npm test [-- FILES]: sets up, runs vitest, and closes with a line "N passed, N failed, N skipped".
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

setUp();
provideChromium();
const folder = mkdtempSync(join(tmpdir(), "micronuclei-test-"));
const resultFile = join(folder, "result.json");
const exitCode = await run("node_modules/vitest/vitest.mjs", [
  "run",
  "--reporter=default",
  "--reporter=json",
  `--outputFile.json=${resultFile}`,
  ...process.argv.slice(2),
]);
const { passed, failed, skipped } = countTests(resultFile);
rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = exitCode;

/** Counts of tests; a file that could not be loaded, or a run without any result, counts as one failure. */
function countTests(file) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(readFileSync(file, "utf8"));
  const brokenFiles = result.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed"),
  );
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + brokenFiles.length,
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

/** The tests of web pages need a browser: Debian's, installed where we may. */
function provideChromium() {
  if (["chromium", "chromium-browser", "google-chrome"].some(isOnPath)) return;
  const mayInstall = process.platform === "linux" && process.getuid() === 0 && isOnPath("apt-get");
  if (mayInstall && installChromium()) return;
  console.error(
    "No Chromium was found: tests in a browser are skipped. Debian and Ubuntu: sudo apt-get install chromium",
  );
}

function installChromium() {
  console.error("Installing Chromium for the tests in a browser (once) ...");
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args) =>
    spawnSync("apt-get", ["-qq", ...args], { stdio: "ignore", env: environment }).status === 0;
  return aptGet("update") && aptGet("install", "-y", "--no-install-recommends", "chromium");
}

function isOnPath(program) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
