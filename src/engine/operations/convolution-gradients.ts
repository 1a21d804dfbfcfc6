import type { Graph, Value } from "../graph.ts";
import { type ConvolutionGeometry, convolutionAttributes, reversedIndices } from "./convolution-geometry.ts";

/**
 * The gradient of the weight, as one convolution: the batch takes the part of the channels.
 *
 *   dw[m, c, u, v] = sum_{n, i, j} dy[n, m, i, j] x[n, c, s i + d u - p, s j + d v - p]
 *
 * The image [1, N, H, W C] (rows of interleaved channels) is correlated with the filters dy [M, N, H', W'], dilated by
 * s downwards and s C sideways, in steps of d downwards; the result [1, M, k, (d (k - 1) + 1) C] holds every (u, v, c)
 * once, and for d > 1 also columns between the taps, which are left out.
 */
export function weightGradient(
  graph: Graph,
  imageRows: Value,
  dyByFilter: Value,
  geometry: ConvolutionGeometry,
): Value {
  const { batch, channels, filters, kernel, stride, dilation, reach, outputHeight, outputWidth } = geometry;
  const { image, ends, pads } = cutToReach(graph, imageRows, geometry, 1);
  const [top, left, bottom, right] = pads;
  const rows = graph.reshape(image, [1, batch, ends[0], ends[1] * channels]);
  const gradient = graph.add("Conv", [rows, dyByFilter], {
    kernel_shape: [outputHeight, outputWidth],
    strides: [dilation, 1],
    dilations: [stride, stride * channels],
    pads: [top, left * channels, bottom, right * channels],
  });
  if (kernel === 1) return graph.reshape(gradient, [filters, channels, 1, 1]);
  const columns = graph.reshape(gradient, [filters * kernel, reach, channels]);
  const taps = dilation === 1 ? columns : everyNth(graph, columns, 1, dilation);
  const byChannel = graph.transpose(graph.reshape(taps, [filters, kernel * kernel, channels]), [0, 2, 1]);
  return graph.reshape(byChannel, [filters, channels, kernel, kernel]);
}

/** A single 1 x 1 kernel, as those that give one channel of attention: at each place a weighted sum of its channels. */
export function isWeightedSum({ filters, kernel, stride, padding, groups }: ConvolutionGeometry): boolean {
  return filters === 1 && kernel === 1 && stride === 1 && padding === 0 && groups === 1;
}

/**
 * The gradient of the weight of a weighted sum, without moving the channels behind the places:
 *
 *   dw[c] = sum_{n, i} x[n, c, i] dy[n, i]
 *
 * x: [N, C, H, W]   dy: [N, 1, H, W]   dw: [1, C, 1, 1]
 */
export function weightedSumGradient(graph: Graph, x: Value, dy: Value): Value {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const rows = graph.reshape(x, [batch, channels, height * width]);
  const ofEachImage = graph.add("MatMul", [rows, graph.reshape(dy, [batch, height * width, 1])]);
  return graph.reshape(graph.sum(ofEachImage, [0], false), [1, channels, 1, 1]);
}

/**
 * The gradient of the weight where channels fall into G groups, as one convolution of N G groups: the planes of every
 * image that a group sees are correlated with the planes of dy of that image and group, then summed over the images.
 *
 * x: [N, C, H, W]   dy: [N, M, H', W']   dw: [M, C / G, k, k]
 */
export function groupedWeightGradient(graph: Graph, x: Value, dy: Value, geometry: ConvolutionGeometry): Value {
  const { batch, channels, height, width, filters, kernel, stride, dilation, groups } = geometry;
  const perGroup = channels / groups;
  const split = graph.reshape(x, [batch * groups, perGroup, height, width]);
  const byChannel = perGroup === 1 ? split : graph.transpose(split, [1, 0, 2, 3]);
  const planes = graph.reshape(byChannel, [perGroup, batch * groups, height, width]);
  const { image, pads } = cutToReach(graph, planes, geometry, 2);
  const { outputHeight, outputWidth } = geometry;
  const kernels = graph.reshape(dy, [batch * filters, 1, outputHeight, outputWidth]);
  const each = graph.add("Conv", [image, kernels], {
    kernel_shape: [outputHeight, outputWidth],
    strides: [dilation, dilation],
    dilations: [stride, stride],
    group: batch * groups,
    pads,
  });
  const byImage = graph.reshape(each, [perGroup, batch, filters, kernel * kernel]);
  const summed = graph.sum(byImage, [1], false);
  const byFilter = perGroup === 1 ? summed : graph.transpose(summed, [1, 0, 2]);
  return graph.reshape(byFilter, [filters, perGroup, kernel, kernel]);
}

/**
 * The gradient of the input: for stride 1 a convolution of dy with the kernels rotated by 180 degrees and the channels
 * and filters of a group swapped (padding d (k - 1) - p), otherwise ONNX's transposed convolution.
 */
export function inputGradient(graph: Graph, dy: Value, weight: Value, geometry: ConvolutionGeometry): Value {
  const { channels, filters, kernel, stride, padding, groups, reach } = geometry;
  const pad = reach - 1 - padding;
  if (stride > 1 || pad < 0) {
    return graph.add("ConvTranspose", [dy, weight], {
      ...convolutionAttributes(geometry),
      output_padding: [geometry.cutRows, geometry.cutColumns],
    });
  }
  const area = kernel * kernel;
  const split = graph.reshape(weight, [groups, filters / groups, channels / groups, area]);
  const swapped = graph.transpose(split, [0, 2, 1, 3]);
  const rotated =
    area === 1 ? swapped : graph.add("Gather", [swapped, graph.integers(reversedIndices(area))], { axis: 3 });
  return graph.add("Conv", [dy, graph.reshape(rotated, [channels, filters / groups, kernel, kernel])], {
    ...convolutionAttributes(geometry),
    pads: [pad, pad, pad, pad],
  });
}

/**
 * An image without the rows and columns at its end that no window reaches: first less padding there, then fewer rows
 * and columns. `axis`: that of the rows; the columns follow. `ends`: what is left; `pads`: top, left, bottom, right.
 */
function cutToReach(graph: Graph, image: Value, geometry: ConvolutionGeometry, axis: number) {
  const { height, width, padding, cutRows, cutColumns } = geometry;
  const ends = [height - Math.max(0, cutRows - padding), width - Math.max(0, cutColumns - padding)] as const;
  const pads = [padding, padding, Math.max(0, padding - cutRows), Math.max(0, padding - cutColumns)] as const;
  const whole = ends[0] === height && ends[1] === width;
  const cut = whole
    ? image
    : graph.add("Slice", [image, graph.integers([0, 0]), graph.integers(ends), graph.integers([axis, axis + 1])]);
  return { image: cut, ends, pads };
}

/** Elements 0, step, 2 step, ... along an axis. */
function everyNth(graph: Graph, value: Value, axis: number, step: number): Value {
  const size = value.shape[axis] as number;
  const list = (number: number) => graph.integers([number]);
  return graph.add("Slice", [value, list(0), list(size), list(axis), list(step)]);
}
