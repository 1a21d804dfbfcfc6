import { RandomStream } from "../core/random.ts";
import { drawFrom, type Range } from "./range.ts";

/** Pixels of the image that is deformed. */
export interface ElasticRanges {
  readonly amplitudePixels: Range;
  readonly smoothnessPixels: Range;
}

/**
 * A smooth random deformation. `amplitudePixels`: root mean square displacement along each axis; `smoothnessPixels`:
 * standard deviation of the kernel that smooths it; `seed`: of the field's random numbers.
 */
export interface Elastic {
  readonly amplitudePixels: number;
  readonly smoothnessPixels: number;
  readonly seed: number;
}

/** Displacement of every pixel, in pixels, row by row: x and y hold height * width values each. */
export interface DisplacementField {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Mean square of a cubic B-spline with unit-variance coefficients, along one axis (the integral of its square). */
const SPLINE_POWER = 151 / 315;

export function drawElastic(stream: RandomStream, ranges: ElasticRanges): Elastic {
  const amplitudePixels = drawFrom(stream, ranges.amplitudePixels);
  const smoothnessPixels = drawFrom(stream, ranges.smoothnessPixels);
  return { amplitudePixels, smoothnessPixels, seed: stream.integer(2 ** 32) };
}

/**
 * The displacement field of an elastic deformation: normal random numbers on a coarse grid, interpolated by cubic
 * B-splines.
 *
 * Simard, Steinkraus and Platt (ICDAR 2003) smooth one random vector for each pixel with a Gaussian of standard
 * deviation sigma. A cubic B-spline of grid spacing h has standard deviation h / sqrt(3) and nearly Gaussian shape, so
 * h = sigma sqrt(3) gives the same kind of field at a hundredth of the work.
 */
export function elasticField(elastic: Elastic, width: number, height: number): DisplacementField {
  const stream = new RandomStream(elastic.seed);
  const spacing = Math.max(1, elastic.smoothnessPixels * Math.sqrt(3));
  const deviation = elastic.amplitudePixels / SPLINE_POWER;
  return {
    x: splineSurface(stream, deviation, spacing, width, height),
    y: splineSurface(stream, deviation, spacing, width, height),
  };
}

/** A random bicubic B-spline surface, [height, width], with coefficients of the given deviation every `spacing` pixels. */
function splineSurface(
  stream: RandomStream,
  deviation: number,
  spacing: number,
  width: number,
  height: number,
): Float32Array {
  const columns = Math.ceil(width / spacing) + 4;
  const rows = Math.ceil(height / spacing) + 4;
  const coefficients = Float64Array.from({ length: rows * columns }, () => stream.normal(0, deviation));
  const surface = new Float32Array(width * height);
  const across = splineTaps(width, spacing);
  const down = splineTaps(height, spacing);
  const line = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    weighRows(coefficients, columns, down.first[y]!, down.weights.subarray(4 * y, 4 * y + 4), line);
    const start = y * width;
    for (let x = 0; x < width; x++) {
      const node = across.first[x]!;
      const tap = 4 * x;
      surface[start + x] =
        across.weights[tap]! * line[node]! +
        across.weights[tap + 1]! * line[node + 1]! +
        across.weights[tap + 2]! * line[node + 2]! +
        across.weights[tap + 3]! * line[node + 3]!;
    }
  }
  return surface;
}

/** line[column] = sum over four grid rows from `firstRow` of weights[i] * coefficients[firstRow + i][column]. */
function weighRows(
  coefficients: Float64Array,
  columns: number,
  firstRow: number,
  weights: Float64Array,
  line: Float64Array,
): void {
  line.fill(0);
  for (let tap = 0; tap < 4; tap++) {
    const weight = weights[tap]!;
    const start = (firstRow + tap) * columns;
    for (let column = 0; column < columns; column++) line[column]! += weight * coefficients[start + column]!;
  }
}

/** For each of `length` pixels along an axis, the first of its four grid nodes and their cubic B-spline weights. */
function splineTaps(length: number, spacing: number): { first: Int32Array; weights: Float64Array } {
  const first = new Int32Array(length);
  const weights = new Float64Array(4 * length);
  for (let pixel = 0; pixel < length; pixel++) {
    const position = pixel / spacing;
    const node = Math.floor(position);
    const t = position - node;
    first[pixel] = node;
    weights.set(
      [(1 - t) ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (-3 * t ** 3 + 3 * t ** 2 + 3 * t + 1) / 6, t ** 3 / 6],
      4 * pixel,
    );
  }
  return { first, weights };
}
