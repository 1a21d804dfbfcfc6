import { parseArgs } from "node:util";
import { benchCard } from "./card.ts";
import { benchEpoch } from "./epoch.ts";
import { benchLabels } from "./label-throughput.ts";
import { benchNetworks } from "./networks.ts";
import { benchReview } from "./review.ts";
import { benchScoring } from "./scoring.ts";
import { benchSteps } from "./steps.ts";
import { benchUnfamiliar } from "./unfamiliar.ts";
import { benchWorkspace } from "./workspace.ts";

/*
 * npm run bench                    training step and inference, in milliseconds an image
 * npm run bench -- steps --pytorch the same, alternated with PyTorch in one run (needs Debian's python3-torch)
 * npm run bench -- networks        training step of every compared network, as a table; about five minutes, ten with
 *                                  --pytorch (Debian's python3-torch and python3-torchvision); --only NAME,... for some
 * npm run bench -- epoch           a whole epoch with decoding and augmentation against its bare steps
 * npm run bench -- scoring         scoring 10,000 images: images a second, memory
 * npm run bench -- workspace       1,000,000 scored cells in 500 samples: import, study page, report
 * npm run bench -- labels          1,000,000 scored cells: pages of the queues; 20 decisions a second for a minute, then a kill
 * npm run bench -- review          100,000 cells in a browser: first cells, scrolling, memory, key to next cell, 20 decisions
 *                                  a second for a minute; --rounds decisions for the key, --json; about five minutes
 * npm run bench -- unfamiliar --data FOLDER   what the model in the box flags as unlike its training cells, for its card; FOLDER
 *                                  holds cells, rgb_blood and fields; about three minutes
 * npm run bench -- card --data FOLDER   what that card says of the validation cells: metrics and calibration by source; FOLDER holds
 *                                  cells; reliability diagrams into --pictures; half a minute
 *
 * Machines drift: only what was alternated in one run is compared, by medians.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pytorch: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    cells: { type: "string" },
    data: { type: "string", default: "../shared/data" },
    pictures: { type: "string", default: "docs/results/reliability" },
    seconds: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
    threads: { type: "string", default: "0" },
  },
});

const threads = Number(values.threads);
const kind = positionals[0] ?? "steps";
const { pytorch, only } = values;
if (kind === "steps") await benchSteps({ rounds: Number(values.rounds ?? 5), pytorch, threads });
else if (kind === "networks") await benchNetworks({ rounds: Number(values.rounds ?? 3), pytorch, only, threads });
else if (kind === "epoch") await benchEpoch({ threads });
else if (kind === "scoring") await benchScoring({ cells: Number(values.cells ?? 10_000), threads });
else if (kind === "workspace") await benchWorkspace({ cells: Number(values.cells ?? 1_000_000) });
else if (kind === "labels")
  await benchLabels({ cells: Number(values.cells ?? 1_000_000), seconds: Number(values.seconds) });
else if (kind === "review")
  await benchReview({
    cells: Number(values.cells ?? 100_000),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds ?? 200),
    json: values.json,
  });
else if (kind === "card") await benchCard({ data: values.data, pictures: values.pictures, threads });
else if (kind === "unfamiliar") await benchUnfamiliar({ data: values.data, threads });
else
  console.error(
    `Unknown benchmark "${kind}". Choose steps, networks, epoch, scoring, workspace, labels, review, unfamiliar or card.`,
  );
