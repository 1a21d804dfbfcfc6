import type { Computation } from "../computation.ts";
import type { Graph, Value } from "../graph.ts";

/** Steep enough that every positive float32 above 3e-39 gives 1: a step function without a comparison. */
const STEP_SLOPE = { alpha: { float: 3e38 }, beta: { float: 0 } } as const;

/** y = max(0, x); dx = dy where y > 0, else 0 (the gradient at 0 is 0, as PyTorch's). Any shape. */
export function relu(computation: Computation, x: Value): Value {
  const { graph } = computation;
  const y = graph.add("Relu", [x]);
  return computation.derive(y, [x], (dy) => computation.accumulate(x, multiplyByReluMask(graph, dy, y)));
}

/** dy where the ReLU's output y is positive, else 0. HardSigmoid takes a fifth of the time of Sign or Greater. */
export function multiplyByReluMask(graph: Graph, dy: Value, y: Value): Value {
  return graph.add("Mul", [dy, graph.add("HardSigmoid", [y], STEP_SLOPE)]);
}

/** y = min(6, max(0, x)) (Howard et al. 2017); dx = dy where 0 < y < 6, else 0. Any shape. */
export function relu6(computation: Computation, x: Value): Value {
  const { graph } = computation;
  const six = graph.scalar(6);
  const y = graph.add("Clip", [x, graph.scalar(0), six]);
  return computation.derive(y, [x], (dy) => {
    const positive = multiplyByReluMask(graph, dy, y);
    computation.accumulate(x, multiplyByReluMask(graph, positive, graph.add("Sub", [six, y])));
  });
}

/** y = 1 / (1 + exp(-x)); dx = dy y (1 - y). Any shape. */
export function sigmoid(computation: Computation, x: Value): Value {
  const { graph } = computation;
  const y = graph.add("Sigmoid", [x]);
  return computation.derive(y, [x], (dy) => {
    const slope = graph.add("Mul", [y, graph.add("Sub", [graph.scalar(1), y])]);
    computation.accumulate(x, graph.add("Mul", [dy, slope]));
  });
}

/** y_j = exp(x_j) / sum_k exp(x_k) over the second axis; dx = y (dy - sum_k dy_k y_k). x: [N, K, ...]. */
export function softmax(computation: Computation, x: Value): Value {
  const { graph } = computation;
  const y = graph.add("Softmax", [x], { axis: 1 });
  return computation.derive(y, [x], (dy) => {
    const mean = graph.sum(graph.add("Mul", [dy, y]), [1], true);
    computation.accumulate(x, graph.add("Mul", [y, graph.add("Sub", [dy, mean])]));
  });
}
