import type { Computation } from "../computation.ts";
import type { Graph, Value } from "../graph.ts";

/** Row by row; every row has the same length. */
export type Matrix = readonly (readonly number[])[];

/** Above this many entries the two-dimensional matrix is left for two one-dimensional ones. */
const WHOLE_MATRIX_LIMIT = 1_000_000;

/**
 * A fixed linear map of every image plane, Y = R X C^T with constant matrices: interpolation, adaptive pooling. The
 * gradient is the map with the transposed matrices, dX = R^T dY C.
 *
 * x: [N, C, h, w]   rows: [H][h]   columns: [W][w]   y: [N, C, H, W]
 */
export function mapRowsAndColumns(computation: Computation, x: Value, rows: Matrix, columns: Matrix): Value {
  const { graph } = computation;
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const [height, width] = [rows.length, columns.length];
  if (h * w * height * width > WHOLE_MATRIX_LIMIT) return mapOneByOne(computation, x, rows, columns);
  const matrix = kronecker(rows, columns);
  const flat = graph.reshape(x, [0, channels, h * w]);
  const y = graph.reshape(multiplied(graph, flat, transpose(matrix)), [0, channels, height, width]);
  return computation.derive(y, [x], (dy) => {
    const flatGradient = graph.reshape(dy, [0, channels, height * width]);
    computation.accumulate(x, graph.reshape(multiplied(graph, flatGradient, matrix), x.shape));
  });
}

function mapOneByOne(computation: Computation, x: Value, rows: Matrix, columns: Matrix): Value {
  const { graph } = computation;
  const wide = multiplied(graph, x, transpose(columns));
  const y = graph.add("MatMul", [constant(graph, rows), wide]);
  return computation.derive(y, [x], (dy) => {
    const narrow = multiplied(graph, dy, columns);
    computation.accumulate(x, graph.add("MatMul", [constant(graph, transpose(rows)), narrow]));
  });
}

function multiplied(graph: Graph, left: Value, right: Matrix): Value {
  return graph.add("MatMul", [left, constant(graph, right)]);
}

function constant(graph: Graph, matrix: Matrix): Value {
  return graph.constant(matrix.flat(), [matrix.length, matrix[0]?.length ?? 0]);
}

/** Rows and columns as one matrix on flattened images: [height * width][h * w]. */
function kronecker(rows: Matrix, columns: Matrix): Matrix {
  return rows.flatMap((row) => columns.map((column) => row.flatMap((a) => column.map((b) => a * b))));
}

function transpose(matrix: Matrix): Matrix {
  return (matrix[0] ?? []).map((_, column) => matrix.map((row) => row[column] as number));
}
