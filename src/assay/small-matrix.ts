import { AssayError } from "../core/errors.ts";

/** Rows of a matrix of a few rows and columns. */
export type Matrix = readonly (readonly number[])[];

/** left [n, k] times right [k, m]: [n, m]. */
export function multiply(left: Matrix, right: Matrix): number[][] {
  return left.map((row) =>
    (right[0] ?? []).map((_, col) => row.reduce((sum, value, k) => sum + value * (right[k]?.[col] ?? 0), 0)),
  );
}

/** g' M g: the variance of a linear combination with weights g of variables with covariance M. */
export function quadraticForm(matrix: Matrix, weights: readonly number[]): number {
  return matrix.reduce(
    (total, row, i) => total + (weights[i] ?? 0) * row.reduce((sum, value, j) => sum + value * (weights[j] ?? 0), 0),
    0,
  );
}

/**
 * Inverse of a symmetric positive definite matrix, by Gauss-Jordan elimination after scaling its diagonal to 1, so
 * that a dose given in milligray does as well as one in gray.
 */
export function inverse(matrix: Matrix): number[][] {
  const size = matrix.length;
  const scale = matrix.map((row, i) => 1 / Math.sqrt(row[i] ?? 0));
  const work = matrix.map((row, i) => [
    ...row.map((value, j) => value * (scale[i] ?? 0) * (scale[j] ?? 0)),
    ...row.map((_, j) => (i === j ? 1 : 0)),
  ]);
  for (let pivot = 0; pivot < size; pivot++) eliminate(work, pivot);
  return work.map((row, i) => row.slice(size).map((value, j) => value * (scale[i] ?? 0) * (scale[j] ?? 0)));
}

function eliminate(work: number[][], pivot: number): void {
  const divisor = work[pivot]?.[pivot] ?? 0;
  if (!(divisor > 1e-13))
    throw new AssayError(
      "CURVE_UNDETERMINED",
      "The doses do not determine all coefficients of the curve: spread them further, or fit the linear model.",
    );
  const pivotRow = (work[pivot] ?? []).map((value) => value / divisor);
  for (const [index, row] of work.entries()) {
    const factor = row[pivot] ?? 0;
    work[index] = index === pivot ? pivotRow : row.map((value, col) => value - factor * (pivotRow[col] ?? 0));
  }
}
