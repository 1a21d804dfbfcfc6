import type { Value } from "../graph.ts";

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Rows and columns of zeros on every side. */
  readonly padding?: number;
  /** Distance of neighbouring taps of the kernel; 1 is an ordinary kernel. */
  readonly dilation?: number;
  /** Channels and filters fall into this many groups that do not see each other; as many as channels: depthwise. */
  readonly groups?: number;
  /** Applies max(0, y) in the same kernel where the device can. */
  readonly relu?: boolean;
}

/**
 * All sizes of one convolution. `reach`: rows (columns) that a kernel spans, dilation (kernel - 1) + 1. `cut`: rows
 * (columns) at the end of the padded image that no window reaches.
 */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly reach: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly cutRows: number;
  readonly cutColumns: number;
}

export function measureConvolution(x: Value, weight: Value, options: ConvolutionOptions): ConvolutionGeometry {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [filters, , kernel] = weight.shape as [number, number, number, number];
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const reach = dilation * (kernel - 1) + 1;
  const outputHeight = Math.floor((height + 2 * padding - reach) / stride) + 1;
  const outputWidth = Math.floor((width + 2 * padding - reach) / stride) + 1;
  return {
    ...{ batch, channels, height, width, filters, kernel, stride, padding, dilation, groups, reach },
    ...{ outputHeight, outputWidth },
    cutRows: height + 2 * padding - (outputHeight - 1) * stride - reach,
    cutColumns: width + 2 * padding - (outputWidth - 1) * stride - reach,
  };
}

/** ONNX's attributes of the forward convolution. */
export function convolutionAttributes({ kernel, stride, padding, dilation, groups }: ConvolutionGeometry) {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    ...(dilation === 1 ? {} : { dilations: [dilation, dilation] }),
    ...(groups === 1 ? {} : { group: groups }),
  };
}

/** count - 1, ..., 1, 0: a kernel's offsets in this order are the kernel rotated by 180 degrees. */
export function reversedIndices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - 1 - index);
}
