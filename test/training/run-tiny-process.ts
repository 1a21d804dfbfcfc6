import { runTiny } from "./tiny-run.ts";

/** A tiny training in a process of its own, to be killed: MANIFEST RUN_FOLDER RESUME. */
const [manifest = "", runFolder = "", resume] = process.argv.slice(2);
await runTiny({ manifest, runFolder, resume: resume === "true" });
