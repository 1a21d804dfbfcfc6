import type { Computation } from "../computation.ts";
import { elementCount, type Graph, type Value } from "../graph.ts";
import { multiplyByReluMask } from "./activations.ts";
import { blockedConvolution, blockedInputGradient, canBeBlocked, imageAsRows } from "./blocked-convolution.ts";
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  convolutionAttributes,
  measureConvolution,
} from "./convolution-geometry.ts";
import {
  groupedWeightGradient,
  inputGradient,
  isWeightedSum,
  weightedSumGradient,
  weightGradient,
} from "./convolution-gradients.ts";

/**
 * Two-dimensional cross-correlation with square kernels, as torch.nn.functional.conv2d.
 *
 *   y[n, m, i, j] = b[m] + sum_{c, u, v} w[m, c, u, v] x[n, c, s i + d u - p, s j + d v - p]
 *
 * where c runs over the channels of m's group, C / G of them.
 *
 * x: [N, C, H, W]   weight: [M, C / G, k, k]   bias: [M] or null
 * y: [N, M, H', W'], H' = floor((H + 2p - d (k - 1) - 1) / s) + 1
 */
export function convolution(
  computation: Computation,
  x: Value,
  weight: Value,
  bias: Value | null,
  options: ConvolutionOptions = {},
): Value {
  const { graph } = computation;
  const geometry = measureConvolution(x, weight, options);
  const relu = options.relu ?? false;
  const blocked = canBeBlocked(computation, geometry);
  const y = blocked
    ? blockedConvolution(computation, x, weight, bias, geometry, relu)
    : plainConvolution(graph, x, weight, bias, geometry, relu);
  return computation.derive(y, [x, weight, bias], (gradient) => {
    const dy = relu ? multiplyByReluMask(graph, gradient, y) : gradient;
    const { filters, groups } = geometry;
    const rule = groups > 1 ? groupedWeightGradient : isWeightedSum(geometry) ? weightedSumGradient : null;
    // Made only where it is read: ONNX Runtime computes every node of a graph, read or not.
    const dyByFilter = rule === null || bias !== null ? planesByFilter(graph, dy) : null;
    if (bias !== null && dyByFilter !== null) {
      const rows = graph.reshape(dyByFilter, [filters, elementCount(dy.shape) / filters]);
      computation.accumulate(bias, graph.sum(rows, [1], false));
    }
    const dw =
      rule === null
        ? weightGradient(graph, imageAsRows(computation, x), dyByFilter as Value, geometry)
        : rule(graph, x, dy, geometry);
    computation.accumulate(weight, dw);
    if (!computation.needsGradient(x)) return;
    const dx = blocked
      ? blockedInputGradient(computation, dy, weight, geometry)
      : inputGradient(graph, dy, weight, geometry);
    computation.accumulate(x, dx);
  });
}

/** dy [N, M, H', W'] -> [M, N, H', W'] */
function planesByFilter(graph: Graph, dy: Value): Value {
  const [batch, filters, ...plane] = dy.shape as [number, number, number, number];
  return filters === 1 ? graph.reshape(dy, [1, batch, ...plane]) : graph.transpose(dy, [1, 0, 2, 3]);
}

function plainConvolution(
  graph: Graph,
  x: Value,
  weight: Value,
  bias: Value | null,
  geometry: ConvolutionGeometry,
  relu: boolean,
): Value {
  const inputs = bias === null ? [x, weight] : [x, weight, bias];
  const y = graph.add("Conv", inputs, convolutionAttributes(geometry));
  return relu ? graph.add("Relu", [y]) : y;
}
