import type { GraphNode } from "../../../src/engine/graph.ts";
import { windowOf } from "./convolution.ts";
import { empty, type Tensor64 } from "./tensor.ts";

/** MaxPool: the greatest number of every window, and where the first of them lies in the whole of x. */
export function maximaOfWindows(x: Tensor64, shape: readonly number[], node: GraphNode): Tensor64[] {
  const [batch, channels, height, width] = x.shape as [number, number, number, number];
  const [, , rows, columns] = shape as [number, number, number, number];
  const { kernel, strides, pads } = windowOf(node, node.attributes.kernel_shape as readonly number[]);
  const [maxima, indices] = [empty(shape), empty(shape)];
  let to = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, to++) {
        const [top, left] = [row * strides[0] - pads[0], column * strides[1] - pads[1]];
        let best = -1;
        for (let y = Math.max(0, top); y < Math.min(height, top + kernel[0]); y++) {
          for (let z = Math.max(0, left); z < Math.min(width, left + kernel[1]); z++) {
            const at = (plane * height + y) * width + z;
            if (best < 0 || x.data[at]! > x.data[best]!) best = at;
          }
        }
        maxima.data[to] = x.data[best]!;
        indices.data[to] = best;
      }
    }
  }
  return [maxima, indices];
}

/** ScatterElements along the one axis of x with reduction "add". */
export function scatterAdded(x: Tensor64, indices: Tensor64, updates: Tensor64): Tensor64 {
  const result = { shape: x.shape, data: x.data.slice() };
  for (let at = 0; at < updates.data.length; at++) result.data[indices.data[at]!]! += updates.data[at]!;
  return result;
}
