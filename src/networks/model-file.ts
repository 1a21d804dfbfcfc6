import { Computation, type Weights } from "../engine/computation.ts";
import { encodeModelMetadata, type ModelMetadata } from "../engine/model-metadata.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { evidenceMap } from "./evidence.ts";
import { buildNetwork, type NetworkSettings } from "./networks.ts";
import { normalise } from "./normalisation.ts";

/** Height and width of the images that a model takes, pixels. */
export const MODEL_SIDE = 224;

export interface ModelFileOptions {
  readonly network: NetworkSettings;
  readonly weights: Weights;
  readonly storage: "float32" | "float16";
  readonly metadata: ModelMetadata;
  readonly side?: number;
}

/**
 * The bytes of a model: one ONNX file that any runtime can run without this software.
 *
 * Input `image`: uint8 [N, 3, 224, 224], red, green, blue. Outputs `logits` [N, 2] (negative, positive class),
 * `probability` [N] of the positive class (softmax of logits over the calibration's temperature), and the network's
 * attention maps `attention_*` [N, 1, h, w] with values in (0, 1). Where the last layer is linear in channel means,
 * `evidence` [N, 1, h, w] is the share of each place in the difference of the logits. Pre-processing is inside.
 */
export function encodeModel({ network, weights, storage, metadata, side = MODEL_SIDE }: ModelFileOptions): Uint8Array {
  const computation = new Computation({ kind: "inference", weights, storage });
  const { graph } = computation;
  const image = computation.input("image", [1, 3, side, side], "uint8");
  const { logits, attention, pooled } = buildNetwork(computation, normalise(computation, image), network);
  const { temperature } = metadata.calibration;
  const cooled = temperature === 1 ? logits : graph.add("Mul", [logits, graph.scalar(1 / temperature)]);
  const probabilities = graph.add("Softmax", [cooled], { axis: 1 });
  const positive = graph.add("Slice", [probabilities, graph.integers([1]), graph.integers([2]), graph.integers([1])]);
  graph.output(logits, "logits");
  graph.output(graph.reshape(positive, [-1]), "probability");
  for (const [name, map] of Object.entries(attention)) graph.output(map, name);
  const classifier = computation.parameters.find(({ name }) => name === "head.fc.weight");
  if (pooled !== undefined && classifier !== undefined) {
    graph.output(evidenceMap(computation, pooled, classifier.value), "evidence");
  }
  return encodeOnnx(graph, { opset: 17, anyBatch: true, metadata: encodeModelMetadata(metadata) });
}
