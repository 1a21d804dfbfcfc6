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

/** x as [N, H, W, C], straight from its blocked form where it has one. */
export function imageAsRowsFromBlocks(computation: Computation, x: Value, geometry: ConvolutionGeometry): Value {
  const { graph, blockSize } = computation;
  if (geometry.channels < blockSize) return graph.transpose(x, [0, 2, 3, 1]);
  const attributes = { channels: geometry.channels, channels_last: 1 };
  return graph.add("ReorderOutput", [blockedForm(computation, x)], attributes, { domain: BLOCKED_LAYOUT_DOMAIN });
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

/** [M, C, k, k] -> blocks [M / B, C / B, k, k, B of C, B of M]; an image's few channels stay whole: [M / B, C, k, k, B of M]. */
function blockWeights(graph: Graph, weight: Value, geometry: ConvolutionGeometry, block: number): Value {
  const { channels, filters, kernel } = geometry;
  const [shape, order] =
    channels < block
      ? [
          [filters / block, block, channels, kernel, kernel],
          [0, 2, 3, 4, 1],
        ]
      : [
          [filters / block, block, channels / block, block, kernel, kernel],
          [0, 2, 4, 5, 3, 1],
        ];
  return graph.reshape(graph.transpose(graph.reshape(weight, shape), order), weight.shape);
}

/** As blockWeights for the kernels rotated by 180 degrees with channels and filters swapped: [C, M, k, k] blocked. */
function blockRotatedWeights(graph: Graph, weight: Value, geometry: ConvolutionGeometry, block: number): Value {
  const { channels, filters, kernel } = geometry;
  const split = graph.reshape(weight, [filters / block, block, channels / block, block, kernel, kernel]);
  const area = kernel * kernel;
  const blocks = (channels * filters) / (block * block);
  const swapped = graph.reshape(graph.transpose(split, [2, 0, 4, 5, 1, 3]), [blocks, area, block * block]);
  const rotated = graph.add("Gather", [swapped, graph.integers(reversedIndices(area))], { axis: 1 });
  return graph.reshape(rotated, [channels, filters, kernel, kernel]);
}
