import type { Computation } from "../computation.ts";
import { type Attribute, elementCount, type Value } from "../graph.ts";
import { CODE_OF_TYPE } from "../shape-rules.ts";
import { flatten } from "./arithmetic.ts";
import { type Matrix, mapRowsAndColumns } from "./linear-map.ts";

export interface PoolingOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding?: number;
  /** Rounds the output size up, as torch.nn.MaxPool2d(ceil_mode=True). */
  readonly ceil?: boolean;
}

/**
 * Maximum over windows. The gradient goes to the first maximum of a window in row order, as PyTorch's.
 *
 * x: [N, C, H, W]   y: [N, C, H', W'], H' = floor or ceil((H + 2p - k) / s) + 1
 */
export function maxPool(computation: Computation, x: Value, options: PoolingOptions): Value {
  const { kernel, stride, padding = 0, ceil = false } = options;
  return maximumOfWindows(computation, x, {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    ...(ceil ? { ceil_mode: 1 } : {}),
  });
}

/** The maximum of every channel: x [N, C, H, W] -> [N, C]; the gradient goes to the first maximum. */
export function globalMaxPool(computation: Computation, x: Value): Value {
  return flatten(computation, maximumOfWindows(computation, x, { kernel_shape: x.shape.slice(2) }));
}

function maximumOfWindows(computation: Computation, x: Value, attributes: Readonly<Record<string, Attribute>>): Value {
  const { graph } = computation;
  if (!computation.training) return graph.add("MaxPool", [x], attributes);
  const [y, indices] = graph.addAll("MaxPool", [x], attributes) as [Value, Value];
  return computation.derive(y, [x], (dy) => {
    const flatIndices = graph.reshape(indices, [-1]);
    const flatGradient = graph.reshape(dy, [-1]);
    const zeros = zerosMadeInEachStep(computation, flatIndices, elementCount(x.shape));
    const scattered = graph.add("ScatterElements", [zeros, flatIndices, flatGradient], { axis: 0, reduction: "add" });
    computation.accumulate(x, graph.reshape(scattered, x.shape));
  });
}

/**
 * Zeros, float32 [size], that depend on a value which only a run knows: ONNX Runtime would keep constant ones for good, as
 * large as the gradient, and copy them in every step instead of adding into them.
 */
function zerosMadeInEachStep({ graph }: Computation, integers: Value, size: number): Value {
  const any = graph.add("Gather", [integers, graph.integers([0])], { axis: 0 });
  const zero = graph.add("Cast", [graph.add("Sub", [any, any])], { to: CODE_OF_TYPE.float32 });
  return graph.add("Expand", [zero, graph.integers([size])]);
}

/**
 * Mean over windows, zeros of the padding counted, as torch.nn.AvgPool2d. The gradient spreads every dy evenly over its
 * window: a transposed convolution with the kernel 1 / k^2.
 *
 * x: [N, C, H, W]   y: [N, C, H', W'], H' = floor((H + 2p - k) / s) + 1
 */
export function averagePool(computation: Computation, x: Value, options: Omit<PoolingOptions, "ceil">): Value {
  const { graph } = computation;
  const { kernel, stride, padding = 0 } = options;
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  };
  const y = graph.add("AveragePool", [x], { ...attributes, count_include_pad: 1 });
  return computation.derive(y, [x], (dy) => {
    const planes = graph.reshape(dy, [batch * channels, 1, ...y.shape.slice(2)]);
    const share = graph.constant(new Array<number>(kernel * kernel).fill(1 / kernel ** 2), [1, 1, kernel, kernel]);
    const cut = (size: number) => (size + 2 * padding - kernel) % stride;
    const spread = { ...attributes, output_padding: [cut(height), cut(width)] };
    computation.accumulate(x, graph.reshape(graph.add("ConvTranspose", [planes, share], spread), x.shape));
  });
}

/**
 * Mean over windows that divide the image evenly, as torch.nn.AdaptiveAvgPool2d: output i covers the rows from
 * floor(i H / height) to before ceil((i + 1) H / height); an output of the image's own size is the image.
 *
 * x: [N, C, H, W]   y: [N, C, height, width]
 */
export function adaptiveAveragePool(computation: Computation, x: Value, height: number, width: number): Value {
  const [, , h, w] = x.shape as [number, number, number, number];
  if (h === height && w === width) return x;
  return mapRowsAndColumns(computation, x, averagingMatrix(h, height), averagingMatrix(w, width));
}

function averagingMatrix(from: number, to: number): Matrix {
  return Array.from({ length: to }, (_, index) => {
    const start = Math.floor((index * from) / to);
    const end = Math.ceil(((index + 1) * from) / to);
    return Array.from({ length: from }, (_, at) => (at >= start && at < end ? 1 / (end - start) : 0));
  });
}

/** The mean of every channel: x [N, C, H, W] -> [N, C]; dx = dy / (H W) everywhere. */
export function globalAveragePool(computation: Computation, x: Value): Value {
  const { graph } = computation;
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const y = graph.reshape(graph.add("GlobalAveragePool", [x]), [0, channels]);
  return computation.derive(y, [x], (dy) => {
    const share = graph.add("Mul", [dy, graph.scalar(1 / (height * width))]);
    const column = graph.reshape(share, [-1, channels, 1, 1]);
    computation.accumulate(x, graph.add("Expand", [column, graph.integers(x.shape)]));
  });
}
