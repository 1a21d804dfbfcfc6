// The command `mn` in a checkout: node scripts/mn.mjs ARGS, or npm run -s mn -- ARGS. Sets the checkout up first.
import { buildWebIfOld } from "./build-web.mjs";
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

// npm runs its scripts in the project's root; the paths on the command line mean the folder where npm was called.
const calledByNpm = ["mn", "demo"].includes(process.env.npm_lifecycle_event);
const folder = (calledByNpm && process.env.INIT_CWD) || process.cwd();

const args = process.argv.slice(2);

setUp();
if (startsReview(args)) buildWebIfOld();
process.exitCode = await run("src/cli/main.ts", args, folder);

/** `mn review`, but neither its help nor `mn review account`. */
function startsReview(words) {
  const [command, next] = words.filter((word) => !["--json", "--quiet"].includes(word));
  return command === "review" && next !== "account" && !words.includes("--help") && !words.includes("-h");
}
