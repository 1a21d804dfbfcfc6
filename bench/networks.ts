import { selectDevice } from "../src/engine/devices.ts";
import { NETWORK_NAMES, type NetworkName, networkNamed } from "../src/networks/networks.ts";
import { MeasuringProcess, type PytorchReady, pytorchThreads } from "./measuring-process.ts";
import type { MeasureRequest, NetworkFacts, NetworkStepOptions, StepMeasurement } from "./network-step.ts";
import { median, spread } from "./statistics.ts";

/** Of each side in each round. Fifteen networks in three rounds then take about ten minutes on two cores. */
const SECONDS_PER_MEASUREMENT = 4;

/** What one network's rounds gave; `theirs` is empty without PyTorch. */
interface NetworkResult {
  readonly network: NetworkName;
  readonly microBatch: number;
  readonly ours: readonly StepMeasurement[];
  readonly theirs: readonly StepMeasurement[];
}

interface Column {
  readonly title: string;
  readonly ofPytorch: boolean;
  readonly cell: (result: NetworkResult) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "network", ofPytorch: false, cell: ({ network }) => `\`${network}\`` },
  { title: "micronuclei", ofPytorch: false, cell: ({ ours }) => spread(milliseconds(ours)) },
  { title: "PyTorch", ofPytorch: true, cell: ({ theirs }) => spread(milliseconds(theirs)) },
  { title: "ratio", ofPytorch: true, cell: (result) => median(ratios(result)).toFixed(2) },
  { title: "micro-batch", ofPytorch: false, cell: ({ microBatch }) => String(microBatch) },
  { title: "peak memory, MB", ofPytorch: false, cell: ({ ours }) => peakMegabytes(ours) },
  { title: "PyTorch's, MB", ofPytorch: true, cell: ({ theirs }) => peakMegabytes(theirs) },
];

/**
 * The training step of each network as a Markdown table, a line as soon as a network is measured. Every round measures
 * our step and then PyTorch's. Each side of each network is a process of its own, and no two networks are in memory at
 * once. `only`: names of networks separated by commas, or undefined for all.
 *
 * Throws UNKNOWN_NETWORK.
 */
export async function benchNetworks(options: {
  readonly rounds: number;
  readonly pytorch: boolean;
  readonly only: string | undefined;
  readonly threads: number;
}): Promise<void> {
  const { rounds, pytorch, only, threads } = options;
  const networks = only === undefined ? NETWORK_NAMES : only.split(",").map(networkNamed);
  const { blockSize } = await selectDevice("cpu", console.error);
  const columns = COLUMNS.filter(({ ofPytorch }) => pytorch || !ofPytorch);
  console.log(
    `Training step at an effective batch of 32, milliseconds an image: median (least to greatest) of ${rounds} rounds; ` +
      `block size ${blockSize}.${pytorch ? ` Alternated with PyTorch on ${pytorchThreads(threads)} threads.` : ""} ` +
      `Where the micro-batch is smaller than 32, the gradients of so many images at once are added up, on each side.\n`,
  );
  console.log(tableRow(columns.map(({ title }) => title)));
  console.log(tableRow(columns.map(() => "---")));
  for (const network of networks) {
    const result = await benchNetwork({ network, threads, blockSize }, rounds, pytorch);
    console.log(tableRow(columns.map(({ cell }) => cell(result))));
  }
}

async function benchNetwork(settings: NetworkStepOptions, rounds: number, pytorch: boolean): Promise<NetworkResult> {
  const ours = MeasuringProcess.node<MeasureRequest, StepMeasurement>("network-step.ts", [JSON.stringify(settings)]);
  const facts = await ours.ready<NetworkFacts>();
  const theirs = pytorch ? await startPytorch(settings, facts) : null;
  const request = { seconds: SECONDS_PER_MEASUREMENT };
  const measured = { ours: [] as StepMeasurement[], theirs: [] as StepMeasurement[] };
  for (let round = 0; round < rounds; round++) {
    measured.ours.push(await ours.ask(request));
    if (theirs !== null) measured.theirs.push(await theirs.ask(request));
  }
  await Promise.all([ours.stop(), theirs?.stop()]);
  return { network: settings.network, microBatch: facts.microBatch, ...measured };
}

/** The same network in PyTorch with the same micro-batch, checked to have as many parameters; warmed up. */
async function startPytorch({ network, threads }: NetworkStepOptions, facts: NetworkFacts) {
  const settings = JSON.stringify({ network, threads: pytorchThreads(threads), ...facts });
  const pytorch = MeasuringProcess.python<MeasureRequest, StepMeasurement>("pytorch_network_step.py", [settings]);
  const ready = await pytorch.ready<PytorchReady>();
  console.error(`${network}: PyTorch ${ready.version}, threads: ${ready.threads}`);
  return pytorch;
}

function milliseconds(measurements: readonly StepMeasurement[]): number[] {
  return measurements.map((measurement) => measurement.milliseconds);
}

/** Our time over PyTorch's in each round. */
function ratios({ ours, theirs }: NetworkResult): number[] {
  return ours.map((measurement, round) => measurement.milliseconds / (theirs[round]?.milliseconds ?? Number.NaN));
}

function peakMegabytes(measurements: readonly StepMeasurement[]): string {
  return Math.max(...measurements.map((measurement) => measurement.peakMegabytes)).toFixed(0);
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
