import type { Computation } from "../computation.ts";
import type { Value } from "../graph.ts";

/** Above this many entries the two-dimensional matrix is left for two one-dimensional ones. */
const WHOLE_MATRIX_LIMIT = 1_000_000;

/**
 * Bilinear resampling, as torch.nn.functional.interpolate(mode="bilinear"): a product with constant matrices, so the
 * gradient is the product with their transposes.
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
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const alignCorners = options.alignCorners ?? false;
  const rows = interpolationMatrix(h, height, alignCorners);
  const columns = interpolationMatrix(w, width, alignCorners);
  if (h * w * height * width > WHOLE_MATRIX_LIMIT) return separable(computation, x, rows, columns);
  const { graph } = computation;
  const matrix = kronecker(rows, columns);
  const constant = (numbers: readonly (readonly number[])[]) =>
    graph.constant(numbers.flat(), [numbers.length, numbers[0]?.length ?? 0]);
  const flat = graph.reshape(x, [0, channels, h * w]);
  const y = graph.reshape(graph.add("MatMul", [flat, constant(transpose(matrix))]), [0, channels, height, width]);
  return computation.derive(y, [x], (dy) => {
    const flatGradient = graph.reshape(dy, [0, channels, height * width]);
    computation.accumulate(x, graph.reshape(graph.add("MatMul", [flatGradient, constant(matrix)]), x.shape));
  });
}

/**
 * The weights of linear interpolation from `from` to `to` samples: [to][from], every row sums to 1.
 *
 * With half-pixel centres sample i lies at (i + 0.5) from / to - 0.5, held inside the image; with aligned corners at
 * i (from - 1) / (to - 1). PyTorch's two conventions.
 */
export function interpolationMatrix(from: number, to: number, alignCorners: boolean): number[][] {
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

function separable(computation: Computation, x: Value, rows: number[][], columns: number[][]): Value {
  const { graph } = computation;
  const constant = (numbers: number[][]) => graph.constant(numbers.flat(), [numbers.length, numbers[0]?.length ?? 0]);
  const wide = graph.add("MatMul", [x, constant(transpose(columns))]);
  const y = graph.add("MatMul", [constant(rows), wide]);
  return computation.derive(y, [x], (dy) => {
    const narrow = graph.add("MatMul", [dy, constant(columns)]);
    computation.accumulate(x, graph.add("MatMul", [constant(transpose(rows)), narrow]));
  });
}

/** Rows and columns as one matrix on flattened images: [height * width][h * w]. */
function kronecker(rows: readonly (readonly number[])[], columns: readonly (readonly number[])[]): number[][] {
  return rows.flatMap((row) => columns.map((column) => row.flatMap((a) => column.map((b) => a * b))));
}

function transpose(matrix: readonly (readonly number[])[]): number[][] {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as number));
}
