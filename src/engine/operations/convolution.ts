import type { Computation } from "../computation.ts";
import type { Graph, Value } from "../graph.ts";
import { multiplyByReluMask } from "./activations.ts";
import {
  blockedConvolution,
  blockedInputGradient,
  canBeBlocked,
  imageAsRowsFromBlocks,
} from "./blocked-convolution.ts";
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  convolutionAttributes,
  measureConvolution,
  reversedIndices,
} from "./convolution-geometry.ts";

/**
 * Two-dimensional cross-correlation with square kernels, as torch.nn.functional.conv2d.
 *
 *   y[n, m, i, j] = b[m] + sum_{c, u, v} w[m, c, u, v] x[n, c, s i + u - p, s j + v - p]
 *
 * x: [N, C, H, W]   weight: [M, C, k, k]   bias: [M] or null   y: [N, M, H', W'], H' = floor((H + 2p - k) / s) + 1
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
    const dyByFilter = graph.transpose(dy, [1, 0, 2, 3]);
    const { filters, batch, outputHeight, outputWidth } = geometry;
    if (bias !== null) {
      const rows = graph.reshape(dyByFilter, [filters, batch * outputHeight * outputWidth]);
      computation.accumulate(bias, graph.sum(rows, [1], false));
    }
    const image = blocked ? imageAsRowsFromBlocks(computation, x, geometry) : imageAsRows(graph, x);
    computation.accumulate(weight, weightGradient(graph, image, dyByFilter, geometry));
    if (!computation.needsGradient(x)) return;
    const dx = blocked
      ? blockedInputGradient(computation, dy, weight, geometry)
      : inputGradient(graph, dy, weight, geometry);
    computation.accumulate(x, dx);
  });
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

/** x [N, C, H, W] as [N, H, W, C]: read as one image of N channels, its columns are pixels with their C values in a row. */
function imageAsRows(graph: Graph, x: Value): Value {
  return graph.transpose(x, [0, 2, 3, 1]);
}

/**
 * The gradient of the weight, as one convolution: the batch takes the part of the channels.
 *
 *   dw[m, c, u, v] = sum_{n, i, j} dy[n, m, i, j] x[n, c, s i + u - p, s j + v - p]
 *
 * The image [1, N, H, W C] (rows of interleaved channels) is correlated with the filters dy [M, N, H', W'], dilated by
 * s downwards and s C sideways; the result [1, M, k, k C] holds every (u, v, c) once.
 */
function weightGradient(graph: Graph, imageRows: Value, dyByFilter: Value, geometry: ConvolutionGeometry): Value {
  const { batch, channels, height, width, filters, kernel, stride, padding, outputHeight, outputWidth } = geometry;
  const excessRows = Math.max(0, geometry.cutRows - padding);
  const excessColumns = Math.max(0, geometry.cutColumns - padding);
  const ends = [height - excessRows, width - excessColumns] as const;
  const cropped =
    excessRows + excessColumns === 0
      ? imageRows
      : graph.add("Slice", [imageRows, graph.integers([0, 0]), graph.integers(ends), graph.integers([1, 2])]);
  const image = graph.reshape(cropped, [1, batch, ends[0], ends[1] * channels]);
  const gradient = graph.add("Conv", [image, dyByFilter], {
    kernel_shape: [outputHeight, outputWidth],
    dilations: [stride, stride * channels],
    pads: [
      padding,
      padding * channels,
      Math.max(0, padding - geometry.cutRows),
      Math.max(0, padding - geometry.cutColumns) * channels,
    ],
  });
  if (kernel === 1) return graph.reshape(gradient, [filters, channels, 1, 1]);
  const byChannel = graph.transpose(graph.reshape(gradient, [filters, kernel * kernel, channels]), [0, 2, 1]);
  return graph.reshape(byChannel, [filters, channels, kernel, kernel]);
}

/**
 * The gradient of the input: for stride 1 a convolution of dy with the kernels rotated by 180 degrees and their
 * channels swapped (padding k - 1 - p), otherwise ONNX's transposed convolution.
 */
function inputGradient(graph: Graph, dy: Value, weight: Value, geometry: ConvolutionGeometry): Value {
  const { channels, filters, kernel, stride, padding } = geometry;
  if (stride > 1 || padding >= kernel) {
    return graph.add("ConvTranspose", [dy, weight], {
      ...convolutionAttributes(geometry),
      output_padding: [geometry.cutRows, geometry.cutColumns],
    });
  }
  const swapped = graph.transpose(weight, [1, 0, 2, 3]);
  const rotated =
    kernel === 1
      ? swapped
      : graph.add(
          "Gather",
          [graph.reshape(swapped, [channels, filters, kernel * kernel]), graph.integers(reversedIndices(kernel ** 2))],
          { axis: 2 },
        );
  const pad = kernel - 1 - padding;
  return graph.add("Conv", [dy, graph.reshape(rotated, [channels, filters, kernel, kernel])], {
    kernel_shape: [kernel, kernel],
    pads: [pad, pad, pad, pad],
  });
}
