import type { Computation, Weights } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";

/**
 * What cells like those of the training look like to a network: statistics of the square roots r of its F features, which
 * are what its last layer sees.
 */
export interface FamiliarityStatistics {
  /** [F] */
  readonly mean: Float32Array;
  /** [F], one over standard deviation and noise: (r - mean) * scale has the variance 1 where no component explains it. */
  readonly scale: Float32Array;
  /** [F, K], row-major and exact in float16: principal components, each as long as the share of distance that it forgives. */
  readonly components: Float32Array;
}

/** The output of a model that says how unlike the training cells an image is. */
export const UNFAMILIARITY_OUTPUT = "unfamiliarity";

const NAMES = {
  mean: "unfamiliarity.mean",
  scale: "unfamiliarity.scale",
  components: "unfamiliarity.components",
} as const;

/**
 * How far features lie from those of the training cells, in units in which these lie about 1 away.
 *
 *   z = (sqrt(f) - mean) * scale      u = sqrt((|z|^2 - |z A|^2) / F)
 *
 * This is the Mahalanobis distance (Lee et al. 2018) for the covariance of probabilistic principal components
 * (Tipping and Bishop 1999): A has the columns v_k sqrt(1 - s^2 / l_k) for components v_k of variance l_k and noise s^2.
 * Square roots, since the spread of a channel grows with its mean.
 *
 * features: [N, F] -> [N]
 */
export function unfamiliarity(computation: Computation, features: Value, statistics: FamiliarityStatistics): Value {
  const { graph } = computation;
  const { mean, scale, components } = statistics;
  const [count, rank] = [mean.length, components.length / mean.length];
  const stored = (name: string, numbers: Float32Array) =>
    graph.store(name, [1, count], "float32", new Uint8Array(numbers.slice().buffer));
  const halves = new Uint8Array(Float16Array.from(components).buffer);
  const axes = graph.add("Cast", [graph.store(NAMES.components, [count, rank], "float16", halves)], { to: 1 });
  const centred = graph.add("Sub", [graph.add("Sqrt", [graph.add("Relu", [features])]), stored(NAMES.mean, mean)]);
  const scaled = graph.add("Mul", [centred, stored(NAMES.scale, scale)]);
  const squares = (value: Value) => graph.sum(graph.add("Mul", [value, value]), [1], false);
  const rest = graph.add("Sub", [squares(scaled), squares(graph.add("MatMul", [scaled, axes]))]);
  return graph.add("Sqrt", [graph.add("Relu", [graph.add("Mul", [rest, graph.scalar(1 / count)])])]);
}

/** The same for the features of one image, outside of a graph. */
export function unfamiliarityOf(features: Float32Array, { mean, scale, components }: FamiliarityStatistics): number {
  const rank = components.length / mean.length;
  const along = new Float64Array(rank);
  let squares = 0;
  for (let at = 0; at < mean.length; at++) {
    const root = Math.sqrt(Math.max(0, features[at] as number));
    const scaled = (root - (mean[at] as number)) * (scale[at] as number);
    squares += scaled * scaled;
    for (let axis = 0; axis < rank; axis++) along[axis]! += scaled * components[at * rank + axis]!;
  }
  const explained = along.reduce((sum, part) => sum + part * part, 0);
  return Math.sqrt(Math.max(0, (squares - explained) / mean.length));
}

/** The statistics among the tensors that are stored in a model; null where it has none. */
export function storedFamiliarity(tensors: Weights): FamiliarityStatistics | null {
  const [mean, scale, components] = [NAMES.mean, NAMES.scale, NAMES.components].map((name) => tensors.get(name));
  return mean && scale && components ? { mean, scale, components } : null;
}

/** What the layer that makes the logits takes: [N, F]. */
export function featuresBefore({ graph }: Computation, logits: Value): Value {
  const last = graph.nodes.find(({ outputs }) => outputs[0] === logits.name);
  const features = graph.computed.get(last?.inputs[0] ?? "");
  if (last?.operator !== "Gemm" || features === undefined)
    throw new Error("The logits are not those of a dense layer.");
  return features;
}
