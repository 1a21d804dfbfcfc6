import type { Value } from "../graph.ts";

export interface ConvolutionOptions {
  readonly stride?: number;
  /** Rows and columns of zeros on every side. */
  readonly padding?: number;
  /** Applies max(0, y) in the same kernel where the device can. */
  readonly relu?: boolean;
}

/** All sizes of one convolution. `cut`: rows (columns) at the end of the padded image that no window reaches. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly cutRows: number;
  readonly cutColumns: number;
}

export function measureConvolution(x: Value, weight: Value, options: ConvolutionOptions): ConvolutionGeometry {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [filters, , kernel] = weight.shape as [number, number, number, number];
  const stride = options.stride ?? 1;
  const padding = options.padding ?? 0;
  const outputHeight = Math.floor((height + 2 * padding - kernel) / stride) + 1;
  const outputWidth = Math.floor((width + 2 * padding - kernel) / stride) + 1;
  return {
    ...{ batch, channels, height, width, filters, kernel, stride, padding, outputHeight, outputWidth },
    cutRows: height + 2 * padding - (outputHeight - 1) * stride - kernel,
    cutColumns: width + 2 * padding - (outputWidth - 1) * stride - kernel,
  };
}

/** ONNX's attributes of the forward convolution. */
export function convolutionAttributes({ kernel, stride, padding }: ConvolutionGeometry) {
  return {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
}

/** count - 1, ..., 1, 0: a kernel's offsets in this order are the kernel rotated by 180 degrees. */
export function reversedIndices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - 1 - index);
}
