import type { Computation } from "../computation.ts";
import type { Value } from "../graph.ts";
import { type Matrix, mapRowsAndColumns } from "./linear-map.ts";

/**
 * Bilinear resampling, as torch.nn.functional.interpolate(mode="bilinear").
 *
 * x: [N, C, h, w]   y: [N, C, height, width]
 */
export function bilinear(
  computation: Computation,
  x: Value,
  height: number,
  width: number,
  options: { readonly alignCorners?: boolean } = {},
): Value {
  const [, , h, w] = x.shape as [number, number, number, number];
  const alignCorners = options.alignCorners ?? false;
  const rows = interpolationMatrix(h, height, alignCorners);
  return mapRowsAndColumns(computation, x, rows, interpolationMatrix(w, width, alignCorners));
}

/**
 * The weights of linear interpolation from `from` to `to` samples: [to][from], every row sums to 1.
 *
 * With half-pixel centres sample i lies at (i + 0.5) from / to - 0.5, held inside the image; with aligned corners at
 * i (from - 1) / (to - 1). PyTorch's two conventions.
 */
export function interpolationMatrix(from: number, to: number, alignCorners: boolean): Matrix {
  return Array.from({ length: to }, (_, index) => {
    const position = alignCorners
      ? to === 1
        ? 0
        : (index * (from - 1)) / (to - 1)
      : Math.max(0, ((index + 0.5) * from) / to - 0.5);
    const low = Math.min(from - 1, Math.floor(position));
    const high = Math.min(from - 1, low + 1);
    const share = Math.min(1, position - low);
    const row = new Array<number>(from).fill(0);
    row[low] = (row[low] ?? 0) + 1 - share;
    row[high] = (row[high] ?? 0) + share;
    return row;
  });
}
