import { elementCount } from "../../../src/engine/graph.ts";
import { empty, forEachRow, stridesOf, type Tensor64 } from "./tensor.ts";

/** Copies elements of x whose position starts at `offset` and goes on by `strides` along the axes of `shape`. */
function picked(x: Tensor64, shape: readonly number[], strides: readonly number[], offset = 0): Tensor64 {
  const result = empty(shape);
  const step = strides.at(-1) ?? 0;
  const length = shape.at(-1) ?? 1;
  forEachRow(shape, [strides, stridesOf(shape)], ([from, to]) => {
    for (let at = 0; at < length; at++) result.data[to! + at] = x.data[offset + from! + at * step]!;
  });
  return result;
}

export function transposed(x: Tensor64, permutation: readonly number[]): Tensor64 {
  const strides = stridesOf(x.shape);
  return picked(
    x,
    permutation.map((axis) => x.shape[axis]!),
    permutation.map((axis) => strides[axis]!),
  );
}

export function sliced(
  x: Tensor64,
  shape: readonly number[],
  starts: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
): Tensor64 {
  const strides = stridesOf(x.shape);
  const offset = axes.reduce((sum, axis, at) => sum + starts[at]! * strides[axis]!, 0);
  axes.forEach((axis, at) => {
    strides[axis]! *= steps[at]!;
  });
  return picked(x, shape, strides, offset);
}

/** Zeros around x: `pads` of each axis before, then of each axis after it. */
export function padded(x: Tensor64, shape: readonly number[], pads: readonly number[]): Tensor64 {
  const result = empty(shape);
  const strides = stridesOf(shape);
  const offset = strides.reduce((sum, stride, axis) => sum + stride * pads[axis]!, 0);
  const length = x.shape.at(-1) ?? 1;
  forEachRow(x.shape, [stridesOf(x.shape), strides], ([from, to]) => {
    result.data.set(x.data.subarray(from!, from! + length), offset + to!);
  });
  return result;
}

/** [before, size, after] blocks: an axis with what lies before and behind it. */
function around(shape: readonly number[], axis: number): [before: number, size: number, after: number] {
  return [elementCount(shape.slice(0, axis)), shape[axis]!, elementCount(shape.slice(axis + 1))];
}

export function gathered(x: Tensor64, shape: readonly number[], indices: ArrayLike<number>, axis: number): Tensor64 {
  const result = empty(shape);
  const [before, size, after] = around(x.shape, axis);
  let to = 0;
  for (let block = 0; block < before; block++) {
    for (let at = 0; at < indices.length; at++, to += after) {
      const from = (block * size + indices[at]!) * after;
      result.data.set(x.data.subarray(from, from + after), to);
    }
  }
  return result;
}

export function concatenated(parts: readonly Tensor64[], shape: readonly number[], axis: number): Tensor64 {
  const result = empty(shape);
  const [before] = around(shape, axis);
  let to = 0;
  for (let block = 0; block < before; block++) {
    for (const { data } of parts) {
      const length = data.length / before;
      result.data.set(data.subarray(block * length, (block + 1) * length), to);
      to += length;
    }
  }
  return result;
}

export function split(x: Tensor64, shapes: readonly (readonly number[])[], axis: number): Tensor64[] {
  let start = 0;
  return shapes.map((shape) => {
    const part = sliced(x, shape, [start], [axis], [1]);
    start += shape[axis]!;
    return part;
  });
}
