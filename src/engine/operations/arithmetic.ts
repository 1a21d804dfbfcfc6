import type { Computation } from "../computation.ts";
import { elementCount, type Value } from "../graph.ts";

/** y = a + b, equal shapes. */
export function add(computation: Computation, a: Value, b: Value): Value {
  const y = computation.graph.add("Add", [a, b]);
  return computation.derive(y, [a, b], (dy) => {
    computation.accumulate(a, dy);
    computation.accumulate(b, dy);
  });
}

/**
 * Attended features, Wei et al. 2022, equation 5: every spatial vector of `features` times its weight in `attention`.
 *
 * features: [N, C, H, W]   attention: [N, 1, H, W]   y: [N, C, H, W]
 */
export function attend(computation: Computation, features: Value, attention: Value): Value {
  const { graph } = computation;
  const y = graph.add("Mul", [features, attention]);
  return computation.derive(y, [features, attention], (dy) => {
    computation.accumulate(features, graph.add("Mul", [dy, attention]));
    computation.accumulate(attention, graph.sum(graph.add("Mul", [dy, features]), [1], true));
  });
}

/**
 * The mean over places of attended features, Wei et al. 2022, equations 5 and 6: the same function as `attend` and
 * globalAveragePool, but the attended features and their gradient are never written down.
 *
 *   y[n, c] = sum_i features[n, c, i] attention[n, i] / (H W)
 *
 * features: [N, C, H, W]   attention: [N, 1, H, W]   y: [N, C]
 */
export function attendedMean(computation: Computation, features: Value, attention: Value): Value {
  const { graph } = computation;
  const [, channels, height, width] = features.shape as [number, number, number, number];
  const places = height * width;
  const rows = graph.reshape(features, [0, channels, places]);
  const total = graph.reshape(graph.add("MatMul", [rows, graph.reshape(attention, [0, places, 1])]), [0, channels]);
  const y = graph.add("Mul", [total, graph.scalar(1 / places)]);
  return computation.derive(y, [features, attention], (dy) => {
    const share = graph.add("Mul", [dy, graph.scalar(1 / places)]);
    computation.accumulate(features, graph.add("Mul", [graph.reshape(share, [0, channels, 1, 1]), attention]));
    const sums = graph.add("MatMul", [graph.reshape(share, [0, 1, channels]), rows]);
    computation.accumulate(attention, graph.reshape(sums, attention.shape));
  });
}

/**
 * Channel attention (Woo et al. 2018, equation 1): every channel of `features` times its weight.
 *
 * features: [N, C, H, W]   weights: [N, C]   y: [N, C, H, W]
 */
export function scaleChannels(computation: Computation, features: Value, weights: Value): Value {
  const { graph } = computation;
  const columns = graph.reshape(weights, [0, weights.shape[1] as number, 1, 1]);
  const y = graph.add("Mul", [features, columns]);
  return computation.derive(y, [features, weights], (dy) => {
    computation.accumulate(features, graph.add("Mul", [dy, columns]));
    computation.accumulate(weights, graph.sum(graph.add("Mul", [dy, features]), [2, 3], false));
  });
}

/** Joins along the channels: [N, C1, ...], [N, C2, ...], ... -> [N, C1 + C2 + ..., ...]. */
export function concatenate(computation: Computation, parts: readonly Value[]): Value {
  const { graph } = computation;
  const y = graph.add("Concat", parts, { axis: 1 });
  return computation.derive(y, parts, (dy) => {
    const channels = parts.map((part) => part.shape[1] as number);
    const gradients = graph.addAll("Split", [dy, graph.integers(channels)], { axis: 1 });
    parts.forEach((part, index) => {
      computation.accumulate(part, gradients[index] as Value);
    });
  });
}

/** The channels from `start` to before `end`: [N, C, ...] -> [N, end - start, ...]; the others get no gradient. */
export function takeChannels(computation: Computation, x: Value, start: number, end: number): Value {
  const { graph } = computation;
  const y = graph.add("Slice", [x, graph.integers([start]), graph.integers([end]), graph.integers([1])]);
  return computation.derive(y, [x], (dy) => {
    const none = x.shape.slice(2).map(() => 0);
    const pads = [0, start, ...none, 0, (x.shape[1] as number) - end, ...none];
    computation.accumulate(x, graph.add("Pad", [dy, graph.integers(pads)]));
  });
}

/** [N, ...] -> [N, product of the rest]. */
export function flatten(computation: Computation, x: Value): Value {
  return reshape(computation, x, [elementCount(x.shape.slice(1))]);
}

/** The same numbers of every image in another shape: [N, ...] -> [N, ...shape]. */
export function reshape(computation: Computation, x: Value, shape: readonly number[]): Value {
  const { graph } = computation;
  const y = graph.reshape(x, [0, ...shape]);
  return computation.derive(y, [x], (dy) => computation.accumulate(x, graph.reshape(dy, x.shape)));
}

/** y = x w^T + b, as torch.nn.Linear. x: [N, C]   weight: [M, C]   bias: [M]   y: [N, M]. */
export function linear(computation: Computation, x: Value, weight: Value, bias: Value): Value {
  const { graph } = computation;
  const y = graph.add("Gemm", [x, weight, bias], { transB: 1 });
  return computation.derive(y, [x, weight, bias], (dy) => {
    computation.accumulate(weight, graph.add("Gemm", [dy, x], { transA: 1 }));
    computation.accumulate(bias, graph.sum(dy, [0], false));
    if (computation.needsGradient(x)) computation.accumulate(x, graph.add("Gemm", [dy, weight]));
  });
}
