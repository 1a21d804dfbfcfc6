/*
 * c [M, T] = a [M, K] b [K, T], in blocks that fit the processor's caches and registers.
 */

/** Rows of a and columns of b whose products are summed at once in registers. */
const [ROWS, COLUMNS] = [4, 2] as const;

/** Rows of a, in groups of four whose numbers alternate along K; missing ones are 0. */
export function packRows(a: (row: number, k: number) => number, rows: number, inner: number): Float64Array {
  const packed = new Float64Array(Math.ceil(rows / ROWS) * ROWS * inner);
  for (let row = 0; row < rows; row++) {
    const start = Math.floor(row / ROWS) * ROWS * inner + (row % ROWS);
    for (let k = 0; k < inner; k++) packed[start + k * ROWS] = a(row, k);
  }
  return packed;
}

/** Memory for so many columns of b in pairs whose numbers alternate along K. */
export function packedColumns(columns: number, inner: number): Float64Array {
  return new Float64Array(Math.ceil(columns / COLUMNS) * COLUMNS * inner);
}

/** Where the number of a column and k lies among packed columns. */
export function columnPosition(column: number, k: number, inner: number): number {
  return (column >> 1) * COLUMNS * inner + k * COLUMNS + (column & 1);
}

/** Writes a b into c, whose rows are `stride` apart and begin at `offset`. */
export function multiplyPacked(
  a: Float64Array,
  b: Float64Array,
  [rows, inner, columns]: readonly [number, number, number],
  c: Float64Array,
  offset: number,
  stride: number,
): void {
  for (let column = 0; column < columns; column += COLUMNS) {
    const second = column + 1 < columns;
    for (let row = 0; row < rows; row += ROWS) {
      const to = offset + row * stride + column;
      const sums = multiplyBlock(a, row * inner, b, column * inner, inner);
      const left = Math.min(ROWS, rows - row);
      for (let at = 0; at < left; at++) {
        c[to + at * stride] = sums[2 * at]!;
        if (second) c[to + at * stride + 1] = sums[2 * at + 1]!;
      }
    }
  }
}

const block = new Float64Array(ROWS * COLUMNS);

function multiplyBlock(a: Float64Array, fromA: number, b: Float64Array, fromB: number, inner: number): Float64Array {
  let [s00, s01, s10, s11, s20, s21, s30, s31] = [0, 0, 0, 0, 0, 0, 0, 0];
  let atA = fromA;
  let atB = fromB;
  for (let k = 0; k < inner; k++, atA += ROWS, atB += COLUMNS) {
    const x = b[atB]!;
    const y = b[atB + 1]!;
    const p = a[atA]!;
    const q = a[atA + 1]!;
    const r = a[atA + 2]!;
    const s = a[atA + 3]!;
    s00 += p * x;
    s01 += p * y;
    s10 += q * x;
    s11 += q * y;
    s20 += r * x;
    s21 += r * y;
    s30 += s * x;
    s31 += s * y;
  }
  block[0] = s00;
  block[1] = s01;
  block[2] = s10;
  block[3] = s11;
  block[4] = s20;
  block[5] = s21;
  block[6] = s30;
  block[7] = s31;
  return block;
}
