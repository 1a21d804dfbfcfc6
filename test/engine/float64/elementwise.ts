import { broadcastStrides, empty, forEachRow, stridesOf, type Tensor64 } from "./tensor.ts";

export function mapped({ shape, data }: Tensor64, change: (x: number) => number): Tensor64 {
  const result = empty(shape);
  for (let at = 0; at < data.length; at++) result.data[at] = change(data[at]!);
  return result;
}

export type PairOperator = "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max";

/** x and y combined number by number, each repeated to `shape`. */
export function combined(operator: PairOperator, shape: readonly number[], x: Tensor64, y: Tensor64): Tensor64 {
  const result = empty(shape);
  const alike = [x, y].every(({ data }) => data.length === result.data.length);
  const size = alike ? [result.data.length] : shape;
  const strides = alike ? [[1], [1], [1]] : [broadcastStrides(x, shape), broadcastStrides(y, shape), stridesOf(shape)];
  const row = { length: size.at(-1) ?? 1, stepX: strides[0]!.at(-1) ?? 0, stepY: strides[1]!.at(-1) ?? 0 };
  forEachRow(size, strides, ([fromX, fromY, to]) => {
    combineRow(operator, row, [x.data, fromX!], [y.data, fromY!], [result.data, to!]);
  });
  return result;
}

type Place = readonly [data: Float64Array, start: number];

/** A loop for each operator: a function called for each number would take ten times as long. */
function combineRow(
  operator: PairOperator,
  { length, stepX, stepY }: { readonly length: number; readonly stepX: number; readonly stepY: number },
  [x, fromX]: Place,
  [y, fromY]: Place,
  [z, to]: Place,
): void {
  switch (operator) {
    case "Add":
      for (let at = 0; at < length; at++) z[to + at] = x[fromX + at * stepX]! + y[fromY + at * stepY]!;
      break;
    case "Sub":
      for (let at = 0; at < length; at++) z[to + at] = x[fromX + at * stepX]! - y[fromY + at * stepY]!;
      break;
    case "Mul":
      for (let at = 0; at < length; at++) z[to + at] = x[fromX + at * stepX]! * y[fromY + at * stepY]!;
      break;
    case "Div":
      for (let at = 0; at < length; at++) z[to + at] = x[fromX + at * stepX]! / y[fromY + at * stepY]!;
      break;
    case "Pow":
      for (let at = 0; at < length; at++) z[to + at] = x[fromX + at * stepX]! ** y[fromY + at * stepY]!;
      break;
    case "Max":
      for (let at = 0; at < length; at++) z[to + at] = Math.max(x[fromX + at * stepX]!, y[fromY + at * stepY]!);
  }
}

/** Sums over `axes`, whether or not they stay in `shape` with size 1. */
export function summed(shape: readonly number[], x: Tensor64, axes: readonly number[]): Tensor64 {
  const result = empty(shape);
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = [stridesOf(x.shape), broadcastStrides({ shape: kept, data: result.data }, x.shape)];
  const step = strides[1]!.at(-1) ?? 0;
  const length = x.shape.at(-1) ?? 1;
  forEachRow(x.shape, strides, ([from, to]) => {
    for (let at = 0; at < length; at++) result.data[to! + at * step]! += x.data[from! + at]!;
  });
  return result;
}

/** Softmax over the second axis of [N, K, ...], or its logarithm. */
export function softmaxOfChannels({ shape, data }: Tensor64, logarithm: boolean): Tensor64 {
  const [batch, channels] = shape as [number, number];
  const area = data.length / (batch * channels);
  const result = empty(shape);
  for (let place = 0; place < batch * area; place++) {
    const first = Math.floor(place / area) * channels * area + (place % area);
    const values = Array.from({ length: channels }, (_, channel) => data[first + channel * area]!);
    const greatest = Math.max(...values);
    const total = values.reduce((sum, value) => sum + Math.exp(value - greatest), 0);
    values.forEach((value, channel) => {
      const log = value - greatest - Math.log(total);
      result.data[first + channel * area] = logarithm ? log : Math.exp(log);
    });
  }
  return result;
}

/** (x - mean) / sqrt(variance + epsilon) scale + bias, each [C], of x [N, C, ...]. */
export function normalised([x, scale, bias, mean, variance]: readonly Tensor64[], epsilon: number): Tensor64 {
  const { shape, data } = x!;
  const [batch, channels] = shape as [number, number];
  const area = data.length / (batch * channels);
  const result = empty(shape);
  for (let plane = 0; plane < batch * channels; plane++) {
    const channel = plane % channels;
    const factor = scale!.data[channel]! / Math.sqrt(variance!.data[channel]! + epsilon);
    for (let at = plane * area; at < (plane + 1) * area; at++) {
      result.data[at] = (data[at]! - mean!.data[channel]!) * factor + bias!.data[channel]!;
    }
  }
  return result;
}
