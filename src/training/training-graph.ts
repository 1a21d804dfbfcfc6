import { Computation } from "../engine/computation.ts";
import type { Graph, Value } from "../engine/graph.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { appendOptimiser, type OptimiserSettings, type StateTensor } from "../engine/optimisers.ts";
import { LOSS_OUTPUT } from "../engine/training-session.ts";
import type { NetworkOutput } from "../networks/alexnet.ts";
import { normalise } from "../networks/normalisation.ts";
import { type FocalLossOptions, focalLoss } from "./focal-loss.ts";

export const IMAGE_INPUT = "image";
export const TARGET_INPUT = "target";
export const SAMPLE_WEIGHT_INPUT = "sample_weight";

export interface TrainingGraphSettings {
  readonly network: (computation: Computation, image: Value) => NetworkOutput;
  /** Images in a batch. */
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

export interface TrainingGraph {
  readonly model: Uint8Array;
  readonly states: readonly StateTensor[];
  readonly parameters: Computation["parameters"];
  readonly graph: Graph;
}

/**
 * One graph for a whole training step: forward, focal loss, backward, optimiser.
 *
 * Inputs: image [N, 3, side, side], target [N, 2] one-hot, sample_weight [N, 1], learning_rate [], the state.
 * Outputs: loss [], logits [N, 2], the renewed state.
 */
export function buildTrainingGraph(settings: TrainingGraphSettings): TrainingGraph {
  const { batch, side } = settings;
  const computation = new Computation({ kind: "training", blockSize: settings.blockSize });
  const { graph } = computation;
  const type = settings.input === "pixels" ? "uint8" : "float32";
  const image = computation.input(IMAGE_INPUT, [batch, 3, side, side], type);
  const target = computation.input(TARGET_INPUT, [batch, 2]);
  const sampleWeights = computation.input(SAMPLE_WEIGHT_INPUT, [batch, 1]);
  const { logits } = settings.network(computation, settings.input === "pixels" ? normalise(computation, image) : image);
  const loss = focalLoss(computation, logits, target, sampleWeights, settings.loss);
  computation.backpropagate();
  graph.output(loss, LOSS_OUTPUT);
  const states = appendOptimiser(computation, settings.optimiser, settings.clipNorm);
  return { model: encodeOnnx(graph), states, parameters: computation.parameters, graph };
}
