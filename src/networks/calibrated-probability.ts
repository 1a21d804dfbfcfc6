import type { Computation } from "../engine/computation.ts";
import type { Value } from "../engine/graph.ts";
import type { ModelMetadata } from "../engine/model-metadata.ts";

type Calibration = ModelMetadata["calibration"];

/**
 * The probability of the positive class after calibration. logits: [N, 2] (negative, positive class) -> [N]
 *
 * Without a curve it is softmax(logits / T). Ranks stay as the logits have them.
 */
export function calibratedProbability(computation: Computation, logits: Value, calibration: Calibration): Value {
  const { graph } = computation;
  const { temperature, curve } = calibration;
  if (curve !== undefined) return curvedProbability(computation, logits, curve);
  const cooled = temperature === 1 ? logits : graph.add("Mul", [logits, graph.scalar(1 / temperature)]);
  return graph.reshape(column(computation, graph.add("Softmax", [cooled], { axis: 1 }), 1), [-1]);
}

/**
 * sigmoid(c(z)) of z = positive minus negative logit and the piecewise linear c of the curve, as a sum over its pieces
 * [l, u] of slopes a > 0:
 *
 *   c(z) = c(x0) + sum of a (clip(z, l, u) - o)      o = l, but u for the first piece, which has no lower end
 *
 * Every term rises with z, and so does their sum in float32 too: rounding may make cells equal, but does not exchange them
 * (a runtime's sigmoid may, by its last bit).
 */
function curvedProbability(
  computation: Computation,
  logits: Value,
  { logits: points, calibrated, slopes }: NonNullable<Calibration["curve"]>,
): Value {
  const { graph } = computation;
  const row = (numbers: readonly number[]) => graph.constant(numbers, [1, numbers.length]);
  const between = points.slice(1).map((point, index) => {
    const rise = (calibrated[index + 1] as number) - (calibrated[index] as number);
    return rise / (point - (points[index] as number));
  });
  const first = points[0] as number;
  const difference = graph.add("Sub", [column(computation, logits, 1), column(computation, logits, 0)]);
  const raised = graph.add("Max", [difference, row([-LARGEST, ...points])]);
  const clipped = graph.add("Min", [raised, row([...points, LARGEST])]);
  const pieces = graph.add("Mul", [
    graph.add("Sub", [clipped, row([first, ...points])]),
    row([slopes.below, ...between, slopes.above]),
  ]);
  const risen = graph.add("Add", [graph.sum(pieces, [1], false), graph.scalar(calibrated[0] as number)]);
  return graph.add("Sigmoid", [risen]);
}

/** A float32 that no logit reaches. */
const LARGEST = 3e38;

/** [N, 2] -> [N, 1] */
function column({ graph }: Computation, values: Value, index: number): Value {
  return graph.add("Slice", [values, graph.integers([index]), graph.integers([index + 1]), graph.integers([1])]);
}
