import type { Computation } from "../computation.ts";
import { BLOCKED_LAYOUT_DOMAIN, type Graph, type Value } from "../graph.ts";
import { type ConvolutionGeometry, convolutionAttributes, reversedIndices } from "./convolution-geometry.ts";

/*
 * ONNX Runtime's CPU kernels are fastest on channels in blocks of 8 or 16 (one vector register), a layout that its
 * optimiser gives to constant weights only. In training the weights change, so this file asks for the same kernels
 * directly and blocks the weights in the graph. The operators are not documented: engine/devices.ts tests them at
 * start-up and leaves them out where the result is wrong or the kernels are missing.
 */

/** Kernels of 1 x 1 gain nothing; channels must fill whole blocks, but for the image's three. */
export function canBeBlocked({ blockSize, mode }: Computation, geometry: ConvolutionGeometry): boolean {
  const { channels, filters, kernel, dilation, groups } = geometry;
  if (mode.kind !== "training" || blockSize === 0 || kernel === 1 || filters % blockSize !== 0) return false;
  if (dilation > 1 || groups > 1) return false;
  return channels < blockSize || channels % blockSize === 0;
}

/** Forward convolution in the blocked layout; the blocked output is kept for a next layer that wants it. */
export function blockedConvolution(
  computation: Computation,
  x: Value,
  weight: Value,
  bias: Value | null,
  geometry: ConvolutionGeometry,
  relu: boolean,
): Value {
  const { graph, blockSize } = computation;
  const image = geometry.channels < blockSize ? x : blockedForm(computation, x);
  const blocked = graph.add(
    "Conv",
    [image, blockWeights(graph, weight, geometry, blockSize), ...(bias === null ? [] : [bias])],
    { ...convolutionAttributes(geometry), ...(relu ? { activation: "Relu" } : {}) },
    { domain: BLOCKED_LAYOUT_DOMAIN },
  );
  const y = graph.add("ReorderOutput", [blocked], { channels: geometry.filters }, { domain: BLOCKED_LAYOUT_DOMAIN });
  computation.blockedForms.set(y.name, blocked);
  return y;
}

/**
 * x [N, C, H, W] as [N, H, W, C], once for all that read it, and straight from its blocked form where it has one: read as
 * one image of N channels, its columns are pixels with their C values in a row.
 */
export function imageAsRows(computation: Computation, x: Value): Value {
  const { graph, blockedForms, rowForms } = computation;
  const known = rowForms.get(x.name);
  if (known !== undefined) return known;
  const blocked = blockedForms.get(x.name);
  const attributes = { channels: x.shape[1] as number, channels_last: 1 };
  const rows =
    blocked === undefined
      ? graph.transpose(x, [0, 2, 3, 1])
      : graph.add("ReorderOutput", [blocked], attributes, { domain: BLOCKED_LAYOUT_DOMAIN });
  rowForms.set(x.name, rows);
  return rows;
}

/** Gradient of the input, stride 1: a blocked convolution of dy with rotated kernels, channels swapped. */
export function blockedInputGradient(
  computation: Computation,
  dy: Value,
  weight: Value,
  geometry: ConvolutionGeometry,
): Value {
  const { graph, blockSize } = computation;
  const { channels, kernel, stride, padding } = geometry;
  if (stride !== 1 || channels % blockSize !== 0) {
    return graph.add("ConvTranspose", [dy, weight], {
      ...convolutionAttributes(geometry),
      output_padding: [geometry.cutRows, geometry.cutColumns],
    });
  }
  const pad = kernel - 1 - padding;
  const blocked = graph.add(
    "Conv",
    [blockedForm(computation, dy), blockRotatedWeights(graph, weight, geometry, blockSize)],
    { kernel_shape: [kernel, kernel], strides: [1, 1], pads: [pad, pad, pad, pad] },
    { domain: BLOCKED_LAYOUT_DOMAIN },
  );
  return graph.add("ReorderOutput", [blocked], { channels }, { domain: BLOCKED_LAYOUT_DOMAIN });
}

function blockedForm({ graph, blockedForms }: Computation, value: Value): Value {
  const known = blockedForms.get(value.name);
  if (known !== undefined) return known;
  const blocked = graph.add("ReorderInput", [value], {}, { domain: BLOCKED_LAYOUT_DOMAIN });
  blockedForms.set(value.name, blocked);
  return blocked;
}

/*
 * Weights change in every step and are blocked anew in every step. ONNX Runtime is quick where one axis moves, or where
 * whole runs of numbers stay together, and three to five times slower with any other permutation: so the permutations
 * below go in steps of these kinds.
 */

/** [M, C, k, k] -> blocks [M / B, C / B, k, k, B of C, B of M]; an image's few channels stay whole: [M / B, C, k, k, B of M]. */
function blockWeights(graph: Graph, weight: Value, geometry: ConvolutionGeometry, block: number): Value {
  const { channels, filters, kernel } = geometry;
  const area = kernel * kernel;
  const byFilter = graph.reshape(weight, [filters / block, block, channels * area]);
  const filtersLast = graph.transpose(byFilter, [0, 2, 1]);
  if (channels < block) return graph.reshape(filtersLast, weight.shape);
  const blocks = graph.reshape(filtersLast, [(filters * channels) / block ** 2, block, area, block]);
  return graph.reshape(graph.transpose(blocks, [0, 2, 1, 3]), weight.shape);
}

/** As blockWeights for the kernels rotated by 180 degrees with channels and filters swapped: [C, M, k, k] blocked. */
function blockRotatedWeights(graph: Graph, weight: Value, geometry: ConvolutionGeometry, block: number): Value {
  const { channels, filters, kernel } = geometry;
  const area = kernel * kernel;
  const blockCount = (channels * filters) / block ** 2;
  const split = graph.reshape(weight, [filters / block, block, channels / block, block * area]);
  const swapped = graph.reshape(graph.transpose(split, [2, 0, 1, 3]), [blockCount * block, block, area]);
  const channelsLast = graph.reshape(graph.transpose(swapped, [0, 2, 1]), [blockCount, block, area, block]);
  const blocks = graph.transpose(channelsLast, [0, 2, 1, 3]);
  const rotated = graph.add("Gather", [blocks, graph.integers(reversedIndices(area))], { axis: 1 });
  return graph.reshape(rotated, [channels, filters, kernel, kernel]);
}
