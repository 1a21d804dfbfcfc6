import type { GraphNode } from "../../../src/engine/graph.ts";
import { columnPosition, multiplyPacked, packedColumns, packRows } from "./matrix-product.ts";
import { empty, type Tensor64 } from "./tensor.ts";

/** The attributes of a window that slides over two axes; `pads` of its beginning. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly pads: readonly [number, number];
}

type Pair = readonly [number, number];

export function windowOf({ attributes }: GraphNode, kernel: readonly number[]): Window {
  const pair = (name: string, byDefault: number) => (attributes[name] ?? [byDefault, byDefault]) as Pair;
  const [top, left] = pair("pads", 0);
  return {
    kernel: kernel as Pair,
    strides: pair("strides", 1),
    dilations: pair("dilations", 1),
    pads: [top, left],
  };
}

/** Numbers of the columns that are multiplied at once: 4 MB. */
const PANEL = 2 ** 19;

/** Conv: y[n, m, i, j] = b[m] + sum over c of m's group, u, v of w[m, c, u, v] x[n, c, s i + d u - p, s j + d v - p]. */
export function convolved([x, w, b]: readonly Tensor64[], shape: readonly number[], node: GraphNode): Tensor64 {
  const groups = (node.attributes.group ?? 1) as number;
  const [batch, filters, outputHeight, outputWidth] = shape as [number, number, number, number];
  const window = windowOf(node, w!.shape.slice(2));
  const inner = w!.data.length / filters;
  const [perGroup, area] = [filters / groups, outputHeight * outputWidth];
  const atOnce = Math.max(2, Math.floor(PANEL / inner));
  const panel = packedColumns(Math.min(atOnce, area), inner);
  const y = empty(shape);
  for (let group = 0; group < groups; group++) {
    const first = group * perGroup;
    const rows = packRows((row, k) => w!.data[(first + row) * inner + k]!, perGroup, inner);
    for (let image = 0; image < batch; image++) {
      for (let start = 0; start < area; start += atOnce) {
        const columns = Math.min(atOnce, area - start);
        fillPanel(panel, x!, [image, group, groups], window, [start, columns, outputWidth], inner);
        const to = (image * filters + first) * area + start;
        multiplyPacked(rows, panel, [perGroup, inner, columns], y.data, to, area);
      }
    }
  }
  return b === undefined ? y : withBias(y, b);
}

/** What the windows at outputs `start` and the following see, each a column (c, u, v). */
function fillPanel(
  panel: Float64Array,
  { shape, data }: Tensor64,
  [image, group, groups]: readonly [number, number, number],
  { kernel, strides, dilations, pads }: Window,
  [start, columns, outputWidth]: readonly [number, number, number],
  inner: number,
): void {
  const [, channels, height, width] = shape as [number, number, number, number];
  const perGroup = channels / groups;
  let k = 0;
  for (let channel = group * perGroup; channel < (group + 1) * perGroup; channel++) {
    const plane = (image * channels + channel) * height * width;
    for (let u = 0; u < kernel[0]; u++) {
      for (let v = 0; v < kernel[1]; v++, k++) {
        let row = Math.floor(start / outputWidth);
        let column = start % outputWidth;
        for (let at = 0; at < columns; at++) {
          const y = row * strides[0] + u * dilations[0] - pads[0];
          const x = column * strides[1] + v * dilations[1] - pads[1];
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          panel[columnPosition(at, k, inner)] = inside ? data[plane + y * width + x]! : 0;
          if (++column === outputWidth) {
            column = 0;
            row++;
          }
        }
      }
    }
  }
}

function withBias(y: Tensor64, bias: Tensor64): Tensor64 {
  const [batch, filters] = y.shape as [number, number];
  const area = y.data.length / (batch * filters);
  for (let at = 0; at < y.data.length; at++) y.data[at]! += bias.data[Math.floor(at / area) % filters]!;
  return y;
}

/** ConvTranspose: every x[n, m, i, j] adds its multiple of w[m, c, u, v] at y[n, c, s i + d u - p, s j + d v - p]. */
export function convolvedTransposed([x, w]: readonly Tensor64[], shape: readonly number[], node: GraphNode): Tensor64 {
  const groups = (node.attributes.group ?? 1) as number;
  const [batch, filters, height, width] = x!.shape as [number, number, number, number];
  const [, perChannelGroup, ...kernel] = w!.shape as [number, number, number, number];
  const window = windowOf(node, kernel);
  const [taps, area] = [perChannelGroup * kernel[0]! * kernel[1]!, height * width];
  const perGroup = filters / groups;
  const y = empty(shape);
  const spread = new Float64Array(taps * area);
  const panel = packedColumns(area, perGroup);
  for (let group = 0; group < groups; group++) {
    const first = group * perGroup;
    const rows = packRows((row, k) => w!.data[(first + k) * taps + row]!, taps, perGroup);
    for (let image = 0; image < batch; image++) {
      for (let k = 0; k < perGroup; k++) {
        const from = (image * filters + first + k) * area;
        for (let at = 0; at < area; at++) panel[columnPosition(at, k, perGroup)] = x!.data[from + at]!;
      }
      multiplyPacked(rows, panel, [taps, perGroup, area], spread, 0, area);
      addSpread(y, image * groups + group, spread, perChannelGroup, window, [height, width]);
    }
  }
  return y;
}

/** Adds what every input spreads, [C of the group, u, v, i, j], to the output's channels of that image and group. */
function addSpread(
  { shape, data }: Tensor64,
  imageAndGroup: number,
  spread: Float64Array,
  channels: number,
  { kernel, strides, dilations, pads }: Window,
  [rows, columns]: Pair,
): void {
  const [, , height, width] = shape as [number, number, number, number];
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    const plane = (imageAndGroup * channels + channel) * height * width;
    for (let u = 0; u < kernel[0]; u++) {
      for (let v = 0; v < kernel[1]; v++) {
        for (let i = 0; i < rows; i++) {
          const y = i * strides[0] + u * dilations[0] - pads[0];
          for (let j = 0; j < columns; j++, from++) {
            const x = j * strides[1] + v * dilations[1] - pads[1];
            if (y >= 0 && y < height && x >= 0 && x < width) data[plane + y * width + x]! += spread[from]!;
          }
        }
      }
    }
  }
}

/** a b of matrices, of which a (b) may be read transposed; batches of a are multiplied one by one. */
export function multiplied(
  a: Tensor64,
  b: Tensor64,
  shape: readonly number[],
  { transA = 0, transB = 0 }: { readonly transA?: number; readonly transB?: number } = {},
): Tensor64 {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const inner = transA === 1 ? a.shape.at(-2)! : a.shape.at(-1)!;
  const y = empty(shape);
  const panel = packedColumns(columns, inner);
  const batches = y.data.length / (rows * columns);
  const [stepA, stepB] = [a, b].map(({ data }, which) => {
    const size = which === 0 ? rows * inner : inner * columns;
    return data.length === size ? 0 : size;
  });
  for (let batch = 0; batch < batches; batch++) {
    const [fromA, fromB] = [batch * stepA!, batch * stepB!];
    for (let k = 0; k < inner; k++) {
      for (let column = 0; column < columns; column++) {
        const at = transB === 1 ? column * inner + k : k * columns + column;
        panel[columnPosition(column, k, inner)] = b.data[fromB + at]!;
      }
    }
    const left = (row: number, k: number) => a.data[fromA + (transA === 1 ? k * rows + row : row * inner + k)]!;
    multiplyPacked(packRows(left, rows, inner), panel, [rows, inner, columns], y.data, batch * rows * columns, columns);
  }
  return y;
}
