import { runTiny } from "./tiny-run.ts";

/** A training of AlexNet in micro-batches, in a process of its own: MANIFEST RUN_FOLDER WIDTH. Prints its greatest memory, bytes. */
const [manifest = "", runFolder = "", width] = process.argv.slice(2);
const network = { name: "alexnet", widthMultiplier: Number(width) };
await runTiny({ manifest, runFolder, settings: { network, epochs: 1, microBatch: 2 } });
process.stdout.write(String(1024 * process.resourceUsage().maxRSS));
