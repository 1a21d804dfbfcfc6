// The command `mn` in a checkout: node scripts/mn.mjs ARGS, or npm run -s mn -- ARGS. Sets the checkout up first.
import { run } from "./run.mjs";
import { setUp } from "./setup.mjs";

// npm runs its scripts in the project's root; the paths on the command line mean the folder where npm was called.
const calledByNpm = ["mn", "demo"].includes(process.env.npm_lifecycle_event);
const folder = (calledByNpm && process.env.INIT_CWD) || process.cwd();

setUp();
process.exitCode = await run("src/cli/main.ts", process.argv.slice(2), folder);
