import { join } from "node:path";
import { Tensor } from "onnxruntime-node";
import { collectGarbage } from "../core/garbage.ts";
import { RandomStream } from "../core/random.ts";
import { serveCalls, Transferred } from "../core/worker-calls.ts";
import { AccumulatingSession } from "../engine/accumulating-session.ts";
import { ClassifierSession } from "../engine/classifier-session.ts";
import type { RandomMask } from "../engine/computation.ts";
import type { AccumulationGraphs } from "../engine/gradient-accumulation.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";
import { drawRandomMasks } from "../engine/operations/dropout.ts";
import type { StateTensor } from "../engine/optimisers.ts";
import type { SessionOptions } from "../engine/session.ts";
import { TrainingSession } from "../engine/training-session.ts";
import type { TrainingState } from "../engine/training-state.ts";
import { encodeModelInPieces } from "../networks/model-file.ts";
import type { NetworkSettings } from "../networks/networks.ts";
import { openCheckpoint, RUN_FILES, type TrainingPosition, writeCheckpoint, writeRunFile } from "./run-folder.ts";
import { IMAGE_INPUT, SAMPLE_WEIGHT_INPUT, TARGET_INPUT } from "./training-graph.ts";
import { WeightAverage } from "./weight-average.ts";

/** One batch of uint8 pixels [N, 3, side, side] with, for every image, its class (0 or 1) and its share of the loss. */
export interface StepRequest {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly side: number;
  readonly classes: readonly number[];
  readonly sampleWeights: readonly number[];
  readonly learningRate: number;
  readonly step: number;
}

/** What a training starts with: weights, moved here, or the checkpoint of a run folder. */
export type Start =
  | { readonly kind: "weights"; readonly weights: TrainingState }
  | { readonly kind: "checkpoint"; readonly runFolder: string };

/** The tensors whose mean over the last steps, not whose last numbers, are the model. */
export interface Averaging {
  readonly names: readonly string[];
  readonly steps: number;
}

/** The model of the present weights, to be written into a run folder. */
export interface CandidateRequest {
  readonly runFolder: string;
  readonly network: NetworkSettings;
  readonly side: number;
  readonly metadata: ModelMetadata;
}

/** A whole step in one graph, or its gradients in micro-batches. */
export type StepGraphs =
  | { readonly kind: "whole"; readonly model: Uint8Array; readonly states: readonly StateTensor[] }
  | { readonly kind: "accumulating"; readonly graphs: AccumulationGraphs };

let training: TrainingSession | AccumulatingSession | undefined;
/** Null where the model is of the last step's weights. */
let average: WeightAverage | null = null;
let randomMasks: readonly RandomMask[] = [];
let seed: number | string = 0;
let classifier: ClassifierSession | undefined;
let sessionOptions: SessionOptions = { device: "cpu", threads: 0 };

const handlers = {
  /** `seed` names the stream that every step's random masks are forked from; `averaging` is null for the last step's weights. */
  open: async (request: {
    graphs: StepGraphs;
    randomMasks: readonly RandomMask[];
    seed: number | string;
    start: Start;
    averaging: Averaging | null;
    options: SessionOptions;
  }): Promise<void> => {
    const { graphs, options, averaging } = request;
    sessionOptions = options;
    randomMasks = request.randomMasks;
    seed = request.seed;
    training =
      graphs.kind === "whole"
        ? await TrainingSession.open(graphs.model, graphs.states, options)
        : await AccumulatingSession.open(graphs.graphs, options);
    average = averaging === null ? null : new WeightAverage(training.state, averaging.names, averaging.steps);
    writeStart(training, request.start);
    collectGarbage("major");
  },

  step: async ({ pixels, side, classes, sampleWeights, learningRate, step }: StepRequest) => {
    const slots = classes.length;
    const target = new Float32Array(2 * slots);
    classes.forEach((index, slot) => {
      target[2 * slot + index] = 1;
    });
    const batch = {
      [IMAGE_INPUT]: new Tensor("uint8", pixels, [slots, 3, side, side]),
      [TARGET_INPUT]: new Tensor("float32", target, [slots, 2]),
      [SAMPLE_WEIGHT_INPUT]: new Tensor("float32", Float32Array.from(sampleWeights), [slots, 1]),
      ...drawRandomMasks(randomMasks, slots, new RandomStream(seed).fork(step)),
    };
    const session = opened(training);
    const { loss } = await session.step(batch, learningRate, step);
    average?.add(session.state, step);
    return new Transferred({ loss, buffer: pixels.buffer }, [pixels.buffer]);
  },

  /** Writes the checkpoint of the present state. The numbers go into the file from where they are. */
  saveCheckpoint: async ({ runFolder, position }: { runFolder: string; position: TrainingPosition }): Promise<void> => {
    const state = new Map([...opened(training).state, ...(average?.inCheckpoint() ?? [])]);
    await writeCheckpoint(runFolder, { position, state });
  },

  close: async (_: null): Promise<void> => {
    await training?.close();
    training = undefined;
    average = null;
  },

  /** Writes the model of the present weights, or of their mean, into the run folder and opens it from there. */
  openCandidate: async ({ runFolder, ...described }: CandidateRequest): Promise<void> => {
    const weights = average?.weights ?? opened(training).state;
    const pieces = encodeModelInPieces({ ...described, weights, storage: "float32" });
    await writeRunFile(runFolder, RUN_FILES.candidate, pieces);
    classifier = await ClassifierSession.open(join(runFolder, RUN_FILES.candidate), sessionOptions);
  },

  classify: async ({ pixels, count, side }: { pixels: Uint8Array<ArrayBuffer>; count: number; side: number }) => {
    const { probabilities, logits } = await opened(classifier).classify(pixels, count, side, { attention: false });
    collectGarbage("minor");
    return new Transferred({ probabilities, logits, buffer: pixels.buffer }, [pixels.buffer]);
  },

  closeClassifier: async (_: null): Promise<void> => {
    await classifier?.close();
    classifier = undefined;
    collectGarbage("major");
  },
};

export type StepHandlers = typeof handlers;

function writeStart(session: TrainingSession | AccumulatingSession, start: Start): void {
  if (start.kind === "weights") session.writeState(start.weights);
  else openCheckpoint(start.runFolder, ({ tensors }) => session.writeState(average?.restore(tensors()) ?? tensors()));
}

function opened<Session>(session: Session | undefined): Session {
  if (session === undefined) throw new Error("Open the session first.");
  return session;
}

serveCalls(handlers);
