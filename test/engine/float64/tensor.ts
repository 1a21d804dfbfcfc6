import { elementCount } from "../../../src/engine/graph.ts";

/** Numbers of any type as float64, row-major; integers among them are exact. */
export interface Tensor64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export function empty(shape: readonly number[]): Tensor64 {
  return { shape, data: new Float64Array(elementCount(shape)) };
}

/** How far the next element of each axis is. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Strides of a tensor seen in a larger shape: 0 along the axes that it repeats. */
export function broadcastStrides({ shape }: Tensor64, target: readonly number[]): number[] {
  const own = stridesOf(shape);
  const missing = target.length - shape.length;
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/**
 * Visits every row (last axis) of `shape`: `visit` gets the position of its first element in each of the tensors that
 * have these strides.
 */
export function forEachRow(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (positions: readonly number[]) => void,
): void {
  const positions = strides.map(() => 0);
  const rank = shape.length - 1;
  const index = new Array<number>(Math.max(rank, 0)).fill(0);
  const rows = rank < 0 ? 1 : elementCount(shape.slice(0, rank));
  for (let row = 0; row < rows; row++) {
    visit(positions);
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis]!++;
      strides.forEach((own, which) => {
        positions[which]! += own[axis]!;
      });
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
      strides.forEach((own, which) => {
        positions[which]! -= own[axis]! * shape[axis]!;
      });
    }
  }
}
