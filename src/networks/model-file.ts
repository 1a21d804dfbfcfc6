import { Computation, type Weights } from "../engine/computation.ts";
import type { Graph } from "../engine/graph.ts";
import { encodeModelMetadata, type ModelMetadata } from "../engine/model-metadata.ts";
import { encodeOnnx, encodeOnnxInPieces, type OnnxFileOptions } from "../engine/onnx-file.ts";
import { calibratedProbability } from "./calibrated-probability.ts";
import { evidenceMap } from "./evidence.ts";
import { buildNetwork, type NetworkSettings } from "./networks.ts";
import { normalise } from "./normalisation.ts";
import { type FamiliarityStatistics, featuresBefore, UNFAMILIARITY_OUTPUT, unfamiliarity } from "./unfamiliarity.ts";

/** Height and width of the images that a model takes, pixels. */
export const MODEL_SIDE = 224;

/** A network with its numbers. */
export interface WeighedNetwork {
  readonly network: NetworkSettings;
  readonly weights: Weights;
  readonly storage: "float32" | "float16";
  readonly side?: number;
}

export interface ModelFileOptions extends WeighedNetwork {
  readonly metadata: ModelMetadata;
  /** Of the training cells; absent in models that cannot tell unfamiliar images. */
  readonly familiarity?: FamiliarityStatistics | null;
}

/**
 * The bytes of a model: one ONNX file that any runtime can run without this software.
 *
 * Input `image`: uint8 [N, 3, 224, 224], red, green, blue. Outputs `logits` [N, 2] (negative, positive class, as trained),
 * `probability` [N] of the positive class after calibration, and the network's attention maps `attention_*` [N, 1, h, w]
 * with values in (0, 1). Where the last layer is linear in channel means, `evidence` [N, 1, h, w] is the share of each
 * place in the difference of the logits. With statistics of the training cells, `unfamiliarity` [N] is about 1 for images
 * like these and greater for others. Pre-processing is inside.
 */
export function encodeModel(options: ModelFileOptions): Uint8Array {
  return encodeOnnx(modelGraph(options), encodingOf(options));
}

/** The same bytes in pieces that share the memory of the weights, for a file (storage float32). */
export function encodeModelInPieces(options: ModelFileOptions): readonly Uint8Array[] {
  return encodeOnnxInPieces(modelGraph(options), encodingOf(options));
}

function encodingOf({ metadata }: ModelFileOptions): OnnxFileOptions {
  return { opset: 17, anyBatch: true, metadata: encodeModelMetadata(metadata) };
}

function modelGraph({ metadata, familiarity, ...weighed }: ModelFileOptions): Graph {
  const { computation, output } = weighedGraph(weighed);
  const { graph } = computation;
  const { logits, attention, pooled } = output;
  graph.output(logits, "logits");
  graph.output(calibratedProbability(computation, logits, metadata.calibration), "probability");
  for (const [name, map] of Object.entries(attention)) graph.output(map, name);
  const classifier = computation.parameters.find(({ name }) => name === "head.fc.weight");
  if (pooled !== undefined && classifier !== undefined) {
    graph.output(evidenceMap(computation, pooled, classifier.value), "evidence");
  }
  if (familiarity) {
    graph.output(unfamiliarity(computation, featuresBefore(computation, logits), familiarity), UNFAMILIARITY_OUTPUT);
  }
  return graph;
}

/** A graph of the same network that shows what its last layer sees: outputs `logits` [N, 2] and `features` [N, F]. */
export function encodeFeatureModel(weighed: WeighedNetwork): Uint8Array {
  const { computation, output } = weighedGraph(weighed);
  const { graph } = computation;
  graph.output(output.logits, "logits");
  graph.output(featuresBefore(computation, output.logits), "features");
  return encodeOnnx(graph, { opset: 17, anyBatch: true });
}

function weighedGraph({ network, weights, storage, side = MODEL_SIDE }: WeighedNetwork) {
  const computation = new Computation({ kind: "inference", weights, storage });
  const image = computation.input("image", [1, 3, side, side], "uint8");
  return { computation, output: buildNetwork(computation, normalise(computation, image), network) };
}
