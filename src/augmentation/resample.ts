import type { RasterImage } from "../images/raster.ts";
import type { Affine } from "./affine.ts";
import type { DisplacementField } from "./elastic.ts";

/** Where one row of the output reads: output column i is at (x + i * stepX, y + i * stepY) of the source. */
interface RowPath {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
}

/**
 * An image of the same size whose pixel p (from the centre) shows the source at toSource(p + displacement(p)),
 * interpolated bilinearly and rounded once.
 *
 * Outside the source its pixels are repeated mirrored, the edge pixel twice: d c b a | a b c d | d c b a (scipy's
 * "reflect", NumPy's "symmetric"), so that a background goes on and no black corner tells a rotated image. Positions
 * are 64-bit floats computed from the row's start, not accumulated: quarter turns and flips are exact.
 */
export function resampleImage(image: RasterImage, toSource: Affine, displacement?: DisplacementField): RasterImage {
  const { width, height, channels } = image;
  const [a, b, c, d, e, f] = toSource;
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  const data = new Uint8Array(image.data.length);
  const output: RasterImage = { width, height, channels, data };
  for (let row = 0; row < height; row++) {
    const y = row - centreY;
    const path = {
      x: b * y + c + centreX - a * centreX,
      y: e * y + f + centreY - d * centreX,
      stepX: a,
      stepY: d,
    };
    if (displacement) resampleDisplacedRow(image, output, row, path, [a, b, d, e], displacement);
    else resampleRow(image, output, row, path);
  }
  return output;
}

/** A straight row: the columns inside the source take the fast loop, the rest the mirrored one. */
function resampleRow(source: RasterImage, target: RasterImage, row: number, path: RowPath): void {
  const [from, to] = columnsInside(source, path);
  const interior = source.channels === 1 ? resampleInsideGrey : resampleInsideColour;
  interior(source, target, row * target.width, path, from, to);
  for (let column = 0; column < from; column++) resampleMirrored(source, target, row, column, path);
  for (let column = to; column < target.width; column++) resampleMirrored(source, target, row, column, path);
}

function resampleMirrored(source: RasterImage, target: RasterImage, row: number, column: number, path: RowPath): void {
  const x = path.x + column * path.stepX;
  const y = path.y + column * path.stepY;
  sampleMirrored(source, x, y, target.data, (row * target.width + column) * source.channels);
}

/** The columns [from, to) of a row whose four neighbours all lie in the source. */
function columnsInside({ width, height }: RasterImage, { x, y, stepX, stepY }: RowPath): [from: number, to: number] {
  const [fromX, toX] = columnsBetween(x, stepX, width);
  const [fromY, toY] = columnsBetween(y, stepY, height);
  let from = Math.max(0, fromX, fromY);
  let to = Math.min(width, toX, toY);
  // The division above may round an end by one column to either side: the loops' own expression decides.
  const inside = (column: number): boolean => {
    const atX = x + column * stepX;
    const atY = y + column * stepY;
    return atX >= 0 && atX < width - 1 && atY >= 0 && atY < height - 1;
  };
  while (from < to && !inside(from)) from++;
  while (to > from && !inside(to - 1)) to--;
  return from < to ? [from, to] : [0, 0];
}

/** Columns i with 0 <= start + i * step < size - 1, as [from, to), up to rounding. */
function columnsBetween(start: number, step: number, size: number): [from: number, to: number] {
  if (step === 0) return start >= 0 && start < size - 1 ? [0, Number.POSITIVE_INFINITY] : [0, 0];
  const ends = [-start / step, (size - 1 - start) / step];
  return [Math.floor(Math.min(...ends)), Math.ceil(Math.max(...ends)) + 1];
}

function resampleInsideGrey(
  { data, width }: RasterImage,
  target: RasterImage,
  targetStart: number,
  path: RowPath,
  from: number,
  to: number,
): void {
  const output = target.data;
  const { x, y, stepX, stepY } = path;
  for (let column = from; column < to; column++) {
    const sourceX = x + column * stepX;
    const sourceY = y + column * stepY;
    const left = sourceX | 0;
    const top = sourceY | 0;
    const right = sourceX - left;
    const below = sourceY - top;
    const at = top * width + left;
    const upper = data[at]! + right * (data[at + 1]! - data[at]!);
    const lower = data[at + width]! + right * (data[at + width + 1]! - data[at + width]!);
    output[targetStart + column] = upper + below * (lower - upper) + 0.5;
  }
}

function resampleInsideColour(
  { data, width }: RasterImage,
  target: RasterImage,
  targetStart: number,
  path: RowPath,
  from: number,
  to: number,
): void {
  const output = target.data;
  const { x, y, stepX, stepY } = path;
  const line = 3 * width;
  for (let column = from; column < to; column++) {
    const sourceX = x + column * stepX;
    const sourceY = y + column * stepY;
    const left = sourceX | 0;
    const top = sourceY | 0;
    const right = sourceX - left;
    const below = sourceY - top;
    const bottomRight = right * below;
    const topRight = right - bottomRight;
    const bottomLeft = below - bottomRight;
    const topLeft = 1 - right - bottomLeft;
    const at = top * line + 3 * left;
    const under = at + line;
    const to3 = 3 * (targetStart + column);
    output[to3] =
      topLeft * data[at]! + topRight * data[at + 3]! + bottomLeft * data[under]! + bottomRight * data[under + 3]! + 0.5;
    output[to3 + 1] =
      topLeft * data[at + 1]! +
      topRight * data[at + 4]! +
      bottomLeft * data[under + 1]! +
      bottomRight * data[under + 4]! +
      0.5;
    output[to3 + 2] =
      topLeft * data[at + 2]! +
      topRight * data[at + 5]! +
      bottomLeft * data[under + 2]! +
      bottomRight * data[under + 5]! +
      0.5;
  }
}

/** A row whose positions are moved by the displacement field before the linear part [a, b, d, e] of the map. */
function resampleDisplacedRow(
  source: RasterImage,
  target: RasterImage,
  row: number,
  path: RowPath,
  [a, b, d, e]: readonly [number, number, number, number],
  displacement: DisplacementField,
): void {
  const start = row * target.width;
  const interior = source.channels === 1 ? resampleInsideGrey : resampleInsideColour;
  const point = { x: 0, y: 0, stepX: 0, stepY: 0 };
  for (let column = 0; column < target.width; column++) {
    const u = displacement.x[start + column]!;
    const v = displacement.y[start + column]!;
    const x = path.x + column * path.stepX + a * u + b * v;
    const y = path.y + column * path.stepY + d * u + e * v;
    point.x = x;
    point.y = y;
    if (x >= 0 && y >= 0 && x < source.width - 1 && y < source.height - 1)
      interior(source, target, start, point, column, column + 1);
    else sampleMirrored(source, x, y, target.data, (start + column) * source.channels);
  }
}

/** Writes the source at (x, y), any real position, to output[at ...], one value a channel. */
function sampleMirrored(source: RasterImage, x: number, y: number, output: Uint8Array, at: number): void {
  const { data, width, height, channels } = source;
  const floorX = Math.floor(x);
  const floorY = Math.floor(y);
  const right = x - floorX;
  const below = y - floorY;
  const left = mirror(floorX, width) * channels;
  const next = mirror(floorX + 1, width) * channels;
  const top = mirror(floorY, height) * width * channels;
  const bottom = mirror(floorY + 1, height) * width * channels;
  for (let channel = 0; channel < channels; channel++) {
    const upper = (1 - right) * data[top + left + channel]! + right * data[top + next + channel]!;
    const lower = (1 - right) * data[bottom + left + channel]! + right * data[bottom + next + channel]!;
    output[at + channel] = (1 - below) * upper + below * lower + 0.5;
  }
}

/** The index in 0..size-1 that the whole number `index` shows when the axis is mirrored at its edges. */
export function mirror(index: number, size: number): number {
  const period = 2 * size;
  const within = ((index % period) + period) % period;
  return within < size ? within : period - 1 - within;
}
