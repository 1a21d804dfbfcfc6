import type { RandomStream } from "../core/random.ts";

/** A square of real numbers, side * side, row by row. */
export interface Plane {
  readonly side: number;
  readonly values: Float32Array;
}

export function createPlane(side: number, value = 0): Plane {
  return { side, values: new Float32Array(side * side).fill(value) };
}

/** Pixels of one unit of length, 1/112 of the side: what is given in units looks the same in pictures of every size. */
export function unitPixels(side: number): number {
  return side / 112;
}

/** The plane convolved with a Gaussian of standard deviation `sigma` pixels; beyond the edge the edge pixel goes on. */
export function blurPlane(plane: Plane, sigma: number): Plane {
  const kernel = gaussianKernel(sigma);
  return convolveRowsTransposed(convolveRowsTransposed(plane, kernel), kernel);
}

function gaussianKernel(sigma: number): Float32Array {
  const width = Math.max(sigma, 0.05);
  const radius = Math.ceil(3 * width);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-((index - radius) ** 2) / (2 * width ** 2)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

/** Convolves every row and writes it as a column, so that doing it twice convolves both ways. */
function convolveRowsTransposed({ side, values }: Plane, kernel: Float32Array): Plane {
  const radius = (kernel.length - 1) / 2;
  const line = new Float32Array(side + 2 * radius);
  const result = createPlane(side);
  for (let row = 0; row < side; row++) {
    const start = row * side;
    line.fill(values[start]!, 0, radius);
    line.set(values.subarray(start, start + side), radius);
    line.fill(values[start + side - 1]!, radius + side);
    for (let column = 0; column < side; column++) {
      let sum = 0;
      for (let tap = 0; tap < kernel.length; tap++) sum += kernel[tap]! * line[column + tap]!;
      result.values[column * side + row] = sum;
    }
  }
  return result;
}

/** Deviation of the noise on the coarse grid, in its cells: smooth enough to be enlarged linearly. */
const GRID_SIGMA = 1.6;

/**
 * Smooth random texture of mean 0 and variance 1: white noise under a Gaussian of standard deviation `scale` pixels.
 * A large scale is made on a coarse grid and enlarged.
 */
export function drawTexture(stream: RandomStream, side: number, scale: number): Plane {
  const step = Math.max(1, scale / GRID_SIGMA);
  const margin = Math.ceil(3 * GRID_SIGMA);
  const gridSide = Math.ceil(side / step) + 2 + 2 * margin;
  const white = createPlane(gridSide);
  for (let index = 0; index < white.values.length; index++) white.values[index] = stream.normal();
  const sigma = scale / step;
  const smooth = blurPlane(white, sigma);
  const texture = step === 1 ? cropPlane(smooth, margin, side) : enlargePlane(smooth, margin, step, side);
  // White noise of variance 1 under the kernel k, both ways, has the variance (sum k^2)^2.
  const deviation = gaussianKernel(sigma).reduce((sum, weight) => sum + weight ** 2, 0);
  for (let index = 0; index < texture.values.length; index++) texture.values[index]! /= deviation;
  return texture;
}

function cropPlane(plane: Plane, margin: number, side: number): Plane {
  const crop = createPlane(side);
  for (let row = 0; row < side; row++) {
    const start = (row + margin) * plane.side + margin;
    crop.values.set(plane.values.subarray(start, start + side), row * side);
  }
  return crop;
}

/** `side` pixels, `step` of them to a cell of the grid, from the grid's cell (margin, margin) on; bilinear. */
function enlargePlane(grid: Plane, margin: number, step: number, side: number): Plane {
  const large = createPlane(side);
  for (let row = 0; row < side; row++) {
    const y = margin + row / step;
    const top = Math.floor(y);
    const below = y - top;
    for (let column = 0; column < side; column++) {
      const x = margin + column / step;
      const left = Math.floor(x);
      const right = x - left;
      const at = top * grid.side + left;
      const upper = grid.values[at]! * (1 - right) + grid.values[at + 1]! * right;
      const lower = grid.values[at + grid.side]! * (1 - right) + grid.values[at + grid.side + 1]! * right;
      large.values[row * side + column] = upper * (1 - below) + lower * below;
    }
  }
  return large;
}
