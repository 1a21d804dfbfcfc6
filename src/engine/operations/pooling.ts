import type { Computation } from "../computation.ts";
import { elementCount, type Value } from "../graph.ts";

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
  const { graph } = computation;
  const { kernel, stride, padding = 0, ceil = false } = options;
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
    ...(ceil ? { ceil_mode: 1 } : {}),
  };
  if (!computation.training) return graph.addAll("MaxPool", [x], attributes)[0] as Value;
  const [y, indices] = graph.addAll("MaxPool", [x], attributes) as [Value, Value];
  return computation.derive(y, [x], (dy) => {
    const zeros = graph.add("ConstantOfShape", [graph.integers([elementCount(x.shape)])]);
    const flatIndices = graph.reshape(indices, [-1]);
    const flatGradient = graph.reshape(dy, [-1]);
    const scattered = graph.add("ScatterElements", [zeros, flatIndices, flatGradient], { axis: 0, reduction: "add" });
    computation.accumulate(x, graph.reshape(scattered, x.shape));
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
