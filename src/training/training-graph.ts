import { Computation, type Parameter, type RandomMask } from "../engine/computation.ts";
import { type AccumulationGraphs, accumulateGradients } from "../engine/gradient-accumulation.ts";
import { elementCount, type Value } from "../engine/graph.ts";
import { peakIntermediateBytes } from "../engine/memory-estimate.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { appendOptimiser, type OptimiserSettings, type StateTensor } from "../engine/optimisers.ts";
import { LOSS_OUTPUT } from "../engine/training-session.ts";
import type { NetworkOutput } from "../networks/network-output.ts";
import { normalise } from "../networks/normalisation.ts";
import { type FocalLossOptions, focalLoss } from "./focal-loss.ts";

export const IMAGE_INPUT = "image";
export const TARGET_INPUT = "target";
export const SAMPLE_WEIGHT_INPUT = "sample_weight";

export interface TrainingGraphSettings {
  readonly network: (computation: Computation, image: Value) => NetworkOutput;
  /** Images in a batch, or in a micro-batch where gradients are accumulated. */
  readonly batch: number;
  /** Height and width of an image, pixels. */
  readonly side: number;
  /** uint8 pixels normalised in the graph, or float32 that already are (for comparisons with other frameworks). */
  readonly input: "pixels" | "normalised";
  readonly loss: FocalLossOptions;
  readonly optimiser: OptimiserSettings;
  /** Greatest Euclidean norm of the gradient, or null for no limit. */
  readonly clipNorm: number | null;
  readonly blockSize: 0 | 8 | 16;
}

/** What a training needs to know of its network beside the graphs. */
export interface TrainedTensors {
  /** Learned tensors. */
  readonly parameters: readonly Parameter[];
  /** Running statistics. */
  readonly buffers: readonly Parameter[];
  /** Inputs that every step draws anew. */
  readonly randomMasks: readonly RandomMask[];
}

export interface TrainingGraph extends TrainedTensors {
  readonly model: Uint8Array;
  readonly states: readonly StateTensor[];
}

/**
 * One graph for a whole training step: forward, focal loss, backward, optimiser.
 *
 * Inputs: image [N, 3, side, side], target [N, 2] one-hot, sample_weight [N, 1], learning_rate [], the state.
 * Outputs: loss [], the renewed state.
 */
export function buildTrainingGraph(settings: TrainingGraphSettings): TrainingGraph {
  const computation = backpropagated(settings);
  const states = appendOptimiser(computation, settings.optimiser, settings.clipNorm);
  return { model: encodeOnnx(computation.graph), states, ...tensorsOf(computation) };
}

/** The same step in two graphs: gradients of a micro-batch of `settings.batch` images, and the update from their sum. */
export function buildAccumulationGraphs(
  settings: TrainingGraphSettings,
): TrainedTensors & { readonly graphs: AccumulationGraphs } {
  const computation = backpropagated(settings);
  return {
    graphs: accumulateGradients(computation, settings.optimiser, settings.clipNorm),
    ...tensorsOf(computation),
  };
}

/** What the numbers of a training take, bytes. */
export interface TrainingMemory {
  /** Parameters and buffers: a model. */
  readonly model: number;
  /** What goes round from step to step: the model, the optimiser's memory, and where there are, sums of gradients. */
  readonly state: number;
  /** Intermediate results that a step holds at once. */
  readonly intermediate: number;
}

/** Memory of a training that computes `settings.batch` images at once: in the graph of the whole step, or with gradient sums. */
export function estimateTrainingMemory(
  settings: TrainingGraphSettings,
  kind: "whole" | "accumulating",
): TrainingMemory {
  const computation = backpropagated(settings);
  const { optimiser, clipNorm } = settings;
  const states = kind === "whole" ? appendOptimiser(computation, optimiser, clipNorm) : null;
  const accumulated = states === null ? accumulateGradients(computation, optimiser, clipNorm) : null;
  // The whole step has two sets of buffers.
  const goingRound = [
    ...(states ?? []),
    ...(states ?? []),
    ...(accumulated?.states ?? []),
    ...(accumulated?.sums ?? []),
  ];
  return {
    model: floatBytes([...computation.parameters, ...computation.buffers]),
    state: floatBytes(goingRound),
    intermediate: peakIntermediateBytes(computation.graph),
  };
}

function floatBytes(tensors: readonly { readonly shape: readonly number[] }[]): number {
  return tensors.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
}

function backpropagated(settings: TrainingGraphSettings): Computation {
  const { batch, side } = settings;
  const computation = new Computation({ kind: "training", blockSize: settings.blockSize });
  const type = settings.input === "pixels" ? "uint8" : "float32";
  const image = computation.input(IMAGE_INPUT, [batch, 3, side, side], type);
  const target = computation.input(TARGET_INPUT, [batch, 2]);
  const sampleWeights = computation.input(SAMPLE_WEIGHT_INPUT, [batch, 1]);
  const { logits } = settings.network(computation, settings.input === "pixels" ? normalise(computation, image) : image);
  const loss = focalLoss(computation, logits, target, sampleWeights, settings.loss);
  computation.backpropagate();
  computation.graph.output(loss, LOSS_OUTPUT);
  return computation;
}

function tensorsOf({ parameters, buffers, randomMasks }: Computation): TrainedTensors {
  return { parameters, buffers, randomMasks };
}
