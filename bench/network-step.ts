import { createInterface } from "node:readline";
import { collectGarbage } from "../src/core/garbage.ts";
import { RandomStream } from "../src/core/random.ts";
import { WorkerThread } from "../src/core/worker-calls.ts";
import { elementCount } from "../src/engine/graph.ts";
import { initialiseParameter } from "../src/networks/initialise.ts";
import { buildNetwork, type NetworkName } from "../src/networks/networks.ts";
import { chooseMicroBatch } from "../src/training/micro-batch.ts";
import { parseTrainingSettings } from "../src/training/settings.ts";
import type { StepGraphs, StepHandlers } from "../src/training/step-worker.ts";
import {
  buildAccumulationGraphs,
  buildTrainingGraph,
  type TrainedTensors,
  type TrainingGraphSettings,
} from "../src/training/training-graph.ts";
import { median, peakMemoryMegabytes } from "./statistics.ts";

/*
 * node bench/network-step.ts '{"network": ..., "threads": ..., "blockSize": ...}'
 *
 * The training step of one network as `mn train` computes it, but without a limit of the gradient's norm, which PyTorch's
 * side has not either (docs/performance.md has what it costs), measured on request: a process of its own for each network, so
 * that the peak memory is that network's. First line out: NetworkFacts; then one StepMeasurement for
 * each MeasureRequest that comes in.
 */

export interface NetworkStepOptions {
  readonly network: NetworkName;
  readonly threads: number;
  readonly blockSize: 0 | 8 | 16;
}

export interface NetworkFacts {
  readonly parameters: number;
  readonly batch: number;
  /** Images whose gradients are computed at once. */
  readonly microBatch: number;
}

export interface MeasureRequest {
  /** As many steps as fit in here are measured, at least one. */
  readonly seconds: number;
}

export interface StepMeasurement {
  /** Of an image; the median over the steps. */
  readonly milliseconds: number;
  /** Of the process up to now. */
  readonly peakMegabytes: number;
}

const LEARNING_RATE = 0.001;

const options = JSON.parse(process.argv[2] ?? "{}") as NetworkStepOptions;
const { batch, side, memoryLimitMegabytes, loss, optimiser } = parseTrainingSettings({}, "the benchmark");
const worker = new WorkerThread<StepHandlers>("../src/training/step-worker", import.meta.url);
const facts = await openTraining();
const random = new RandomStream("bench pixels");
let pixels = Uint8Array.from({ length: batch * 3 * side * side }, () => random.integer(256));
let steps = 0;

await step(facts.microBatch);
answer(facts);
for await (const line of createInterface({ input: process.stdin })) {
  const { seconds } = JSON.parse(line) as MeasureRequest;
  const milliseconds = median(await stepTimes(seconds));
  answer({ milliseconds, peakMegabytes: peakMemoryMegabytes() } satisfies StepMeasurement);
}
await worker.close();

/** Opens the training in the worker with random weights; the graphs are chosen as train.ts chooses them. */
async function openTraining(): Promise<NetworkFacts> {
  const settings: TrainingGraphSettings = {
    network: (computation, image) => buildNetwork(computation, image, { name: options.network }),
    ...{ batch, side, input: "pixels", loss: { ...loss, classWeights: null }, optimiser, clipNorm: null },
    blockSize: options.blockSize,
  };
  const microBatch = chooseMicroBatch(settings, memoryLimitMegabytes).images;
  const { graphs, parameters, buffers, randomMasks } = graphsOf(settings, microBatch);
  const stream = new RandomStream("bench");
  const weights = new Map(
    [...parameters, ...buffers].map((tensor) => [tensor.name, initialiseParameter(tensor, stream)]),
  );
  const start = { kind: "weights", weights } as const;
  const memory = [...weights.values()].map(({ buffer }) => buffer as ArrayBuffer);
  const session = { device: "cpu", threads: options.threads } as const;
  await worker.call("open", { graphs, randomMasks, seed: "bench", start, averaging: null, options: session }, memory);
  collectGarbage("major");
  return { parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0), batch, microBatch };
}

function graphsOf(settings: TrainingGraphSettings, microBatch: number): { graphs: StepGraphs } & TrainedTensors {
  if (microBatch < batch) {
    const { graphs, ...tensors } = buildAccumulationGraphs({ ...settings, batch: microBatch });
    return { graphs: { kind: "accumulating", graphs }, ...tensors };
  }
  const { model, states, ...tensors } = buildTrainingGraph(settings);
  return { graphs: { kind: "whole", model, states }, ...tensors };
}

/** One step on so many images, a multiple of the micro-batch. */
async function step(images: number): Promise<void> {
  steps += 1;
  const shown = images === batch ? pixels : pixels.slice(0, images * 3 * side * side);
  const { loss: value, buffer } = await worker.call(
    "step",
    {
      pixels: shown,
      side,
      classes: Array.from({ length: images }, (_, index) => index % 2),
      sampleWeights: Array.from({ length: images }, () => 1 / images),
      learningRate: LEARNING_RATE,
      step: steps,
    },
    [shown.buffer],
  );
  if (images === batch) pixels = new Uint8Array(buffer);
  if (!Number.isFinite(value)) throw new Error(`The loss of ${options.network} became ${value} in step ${steps}.`);
}

/** Milliseconds an image of as many steps as fit into the time, at least one. */
async function stepTimes(seconds: number): Promise<number[]> {
  const started = performance.now();
  const times: number[] = [];
  for (;;) {
    const begun = performance.now();
    await step(batch);
    const ended = performance.now();
    times.push((ended - begun) / batch);
    if (ended - started + (ended - begun) > seconds * 1000) return times;
  }
}

function answer(line: NetworkFacts | StepMeasurement): void {
  console.log(JSON.stringify(line));
}
