import { Tensor } from "onnxruntime-node";
import { RandomStream } from "../src/core/random.ts";
import { ClassifierSession } from "../src/engine/classifier-session.ts";
import { selectDevice } from "../src/engine/devices.ts";
import { TrainingSession } from "../src/engine/training-session.ts";
import { initialiseParameter } from "../src/networks/initialise.ts";
import { encodeModel } from "../src/networks/model-file.ts";
import { buildNetwork } from "../src/networks/networks.ts";
import { buildTrainingGraph } from "../src/training/training-graph.ts";
import { MeasuringProcess, type PytorchReady, pytorchThreads } from "./measuring-process.ts";
import { median, peakMemoryMegabytes, spread } from "./statistics.ts";

const SIDE = 224;
const NETWORK = { name: "alexnet-attention" } as const;
const TRAINING_BATCH = 32;
const INFERENCE_BATCHES = [1, 32, 64] as const;

/** Milliseconds an image of one timed stretch. */
type Measure = () => Promise<number>;

interface Contest {
  readonly name: string;
  readonly ours: Measure;
  /** The same work in PyTorch, or null without it. */
  readonly theirs: Measure | null;
}

/** Training step and inference of the proposed network; every round measures each contest once, ours then theirs. */
export async function benchSteps(options: { rounds: number; pytorch: boolean; threads: number }): Promise<void> {
  const device = await selectDevice("cpu", console.error);
  const pytorch = options.pytorch ? await startPytorch(options.threads) : null;
  const session = { ...device, threads: options.threads };
  const theirs = (kind: "train" | "infer", batch: number, steps: number): Measure | null =>
    pytorch === null ? null : async () => (await pytorch.ask({ kind, batch, steps })).milliseconds;
  const contests: Contest[] = [
    {
      name: `training, batch ${TRAINING_BATCH}`,
      ours: await trainingMeasure(session),
      theirs: theirs("train", TRAINING_BATCH, 4),
    },
  ];
  for (const batch of INFERENCE_BATCHES) {
    const steps = batch === 1 ? 40 : 6;
    contests.push({
      name: `inference, batch ${batch}`,
      ours: await inferenceMeasure(batch, steps, session),
      theirs: theirs("infer", batch, steps),
    });
  }
  const results = contests.map(() => ({ ours: [] as number[], theirs: [] as number[] }));
  for (let round = -1; round < options.rounds; round++) {
    for (const [index, { ours, theirs: other }] of contests.entries()) {
      const mine = await ours();
      const other_ = other === null ? null : await other();
      if (round < 0) continue;
      results[index]?.ours.push(mine);
      if (other_ !== null) results[index]?.theirs.push(other_);
    }
  }
  console.log(
    `milliseconds an image, median (least to greatest) of ${options.rounds} alternated rounds; block size ${device.blockSize}`,
  );
  contests.forEach(({ name }, index) => {
    const { ours, theirs: others } = results[index] as (typeof results)[number];
    const ratios = ours.map((value, round) => value / (others[round] ?? Number.NaN));
    const against = others.length === 0 ? "" : `   PyTorch ${spread(others)}   ratio ${median(ratios).toFixed(2)}`;
    console.log(`${name.padEnd(22)} ${spread(ours)}${against}`);
  });
  console.log(`peak memory of this process ${peakMemoryMegabytes().toFixed(0)} MB`);
  await pytorch?.stop();
}

interface PytorchRequest {
  readonly kind: "train" | "infer";
  readonly batch: number;
  readonly steps: number;
}

/** The same network in PyTorch, in a process of its own that measures when asked; see pytorch_reference.py. */
async function startPytorch(threads: number) {
  const pytorch = MeasuringProcess.python<PytorchRequest, { milliseconds: number }>("pytorch_reference.py", [
    String(pytorchThreads(threads)),
  ]);
  const ready = await pytorch.ready<PytorchReady>();
  console.error(`PyTorch ${ready.version}, threads: ${ready.threads}`);
  return pytorch;
}

type BenchSession = {
  readonly device: "cpu" | "cuda" | "webgpu" | "coreml" | "dml";
  readonly blockSize: 0 | 8 | 16;
  readonly threads: number;
};

async function trainingMeasure(session: BenchSession): Promise<Measure> {
  const built = buildTrainingGraph({
    network: (computation, image) => buildNetwork(computation, image, NETWORK),
    batch: TRAINING_BATCH,
    side: SIDE,
    input: "pixels",
    loss: { gamma: 2, classWeights: null },
    optimiser: { kind: "sgd", momentum: 0.9, weightDecay: 1e-4 },
    clipNorm: null,
    blockSize: session.blockSize,
  });
  const training = await TrainingSession.open(built.model, built.states, session);
  const stream = new RandomStream("bench");
  training.writeState(
    new Map(built.parameters.map((parameter) => [parameter.name, initialiseParameter(parameter, stream)])),
  );
  const target = Float32Array.from({ length: 2 * TRAINING_BATCH }, (_, index) =>
    index % 4 === 0 || index % 4 === 3 ? 1 : 0,
  );
  const batch = {
    image: pixels(TRAINING_BATCH),
    target: new Tensor("float32", target, [TRAINING_BATCH, 2]),
    sample_weight: new Tensor("float32", new Float32Array(TRAINING_BATCH).fill(1 / TRAINING_BATCH), [
      TRAINING_BATCH,
      1,
    ]),
  };
  return timed(4, TRAINING_BATCH, async () => {
    await training.step(batch, 0.001, 1);
  });
}

async function inferenceMeasure(batch: number, steps: number, session: BenchSession): Promise<Measure> {
  const weights = new Map<string, Float32Array>();
  const stream = new RandomStream("bench");
  const { parameters } = buildTrainingGraph({
    network: (computation, image) => buildNetwork(computation, image, NETWORK),
    ...{ batch: 1, side: SIDE, input: "pixels", loss: { gamma: 2, classWeights: null }, clipNorm: null, blockSize: 0 },
    optimiser: { kind: "sgd", momentum: 0.9, weightDecay: 0 },
  });
  for (const parameter of parameters) weights.set(parameter.name, initialiseParameter(parameter, stream));
  const metadata = {
    version: "bench",
    network: NETWORK,
    classes: ["normal", "mn"] as [string, string],
    positive_class: "mn",
    operating_point: { threshold: 0.5, rule: "fixed", chosen_on: "nothing" },
    calibration: { method: "none" as const, temperature: 1 },
    training: {},
    data_hash: "",
    licences: [],
    metrics: {},
  };
  const model = encodeModel({ network: NETWORK, weights, storage: "float32", metadata });
  const classifier = await ClassifierSession.open(model, session);
  const image = pixels(batch).data as Uint8Array;
  return timed(steps, batch, async () => {
    await classifier.classify(image, batch, SIDE, { attention: false });
  });
}

function timed(steps: number, batch: number, run: () => Promise<void>): Measure {
  return async () => {
    const milliseconds: number[] = [];
    for (let step = 0; step < steps; step++) {
      const started = performance.now();
      await run();
      milliseconds.push((performance.now() - started) / batch);
    }
    return median(milliseconds);
  };
}

function pixels(batch: number): Tensor {
  const stream = new RandomStream("bench pixels");
  const data = new Uint8Array(batch * 3 * SIDE * SIDE);
  for (let index = 0; index < data.length; index++) data[index] = stream.integer(256);
  return new Tensor("uint8", data, [batch, 3, SIDE, SIDE]);
}
