import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import { interpolationMatrix } from "../engine/operations/interpolation.ts";
import type { PooledMap } from "./network-output.ts";

/**
 * Where the decision comes from: the share of each place in the difference of the logits.
 *
 * The classifier is linear in channel means, so the difference of the logits (positive minus negative class) is a sum
 * over places: with w = w_positive - w_negative and the pooled maps P (attended features, last layer) of h x w places,
 *
 *   E_P[i] = w_P . P[i] / (h w)     z_positive - z_negative = sum_P sum_i E_P[i] + b_positive - b_negative
 *
 * Class activation mapping (Zhou et al. 2016) of every pooled map. The maps are added on the grid of the largest; smaller
 * ones are spread bilinearly with their sum kept, so the evidence and the biases still add up to the difference.
 *
 * Attended features are P = a M, the attention times the features; w_P . (a M) = a (w_P . M), so they are never formed.
 *
 * pooled: [N, C, h, w] each, in the order of the classifier's inputs   weight: [2, sum of C]   evidence: [N, 1, H, W]
 */
export function evidenceMap(computation: Computation, pooled: readonly PooledMap[], weight: Value): Value {
  const { graph } = computation;
  const row = (index: number) =>
    graph.add("Slice", [weight, graph.integers([index]), graph.integers([index + 1]), graph.integers([0])]);
  const difference = graph.add("Sub", [row(1), row(0)]);
  const channels = pooled.map(({ features }) => features.shape[1] as number);
  const parts = graph.addAll("Split", [difference, graph.integers(channels)], { axis: 1 });
  const [height, width] = [2, 3].map((axis) =>
    Math.max(...pooled.map(({ features }) => features.shape[axis] as number)),
  );
  const maps = pooled.map(({ features, attention }, index) => {
    const [, count, h, w] = features.shape as [number, number, number, number];
    const kernel = graph.reshape(parts[index] as Value, [1, count, 1, 1]);
    const scaled = graph.add("Mul", [kernel, graph.scalar(1 / (h * w))]);
    const spoken = graph.add("Conv", [features, scaled], { kernel_shape: [1, 1] });
    const evidence = attention === null ? spoken : graph.add("Mul", [spoken, attention]);
    return spread(computation, evidence, height as number, width as number);
  });
  return maps.reduce((sum, map) => graph.add("Add", [sum, map]));
}

/** Bilinear upsampling that keeps the sum: each sample's weights are scaled to add up to 1. [N, 1, h, w] -> [N, 1, H, W] */
function spread({ graph }: Computation, map: Value, height: number, width: number): Value {
  const [, , h, w] = map.shape as [number, number, number, number];
  if (h === height && w === width) return map;
  const rows = graph.constant(sumKeeping(h, height).flat(), [height, h]);
  const columns = transposed(sumKeeping(w, width));
  return graph.add("MatMul", [rows, graph.add("MatMul", [map, graph.constant(columns.flat(), [w, width])])]);
}

/** Interpolation weights [to][from] whose columns add up to 1. */
function sumKeeping(from: number, to: number): number[][] {
  const matrix = interpolationMatrix(from, to, false);
  const sums = Array.from({ length: from }, (_, column) => matrix.reduce((sum, row) => sum + (row[column] ?? 0), 0));
  return matrix.map((row) => row.map((value, column) => value / (sums[column] as number)));
}

function transposed(matrix: readonly (readonly number[])[]): number[][] {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as number));
}
