import { ImageError } from "../core/errors.ts";
import type { Samples } from "./samples.ts";

/** Grey values of the file that become 0 and 255; whatever lies between is mapped linearly. */
export interface GreyWindow {
  readonly low: number;
  readonly high: number;
}

/** A window as asked for: two grey values, or two percentiles (0..100) of the image's own samples. */
export type WindowChoice = GreyWindow | { readonly lowPercentile: number; readonly highPercentile: number };

/** 1 % of the pixels black, 0.2 % white: the background of a field is dark, and few pixels are hot. */
export const DEFAULT_WINDOW: WindowChoice = { lowPercentile: 1, highPercentile: 99.8 };

/** Throws IMAGE_WINDOW_INVALID unless low < high and percentiles lie in 0..100. */
export function checkWindow(choice: WindowChoice): void {
  const percentiles = "lowPercentile" in choice;
  const [low, high] = percentiles ? [choice.lowPercentile, choice.highPercentile] : [choice.low, choice.high];
  const ordered = Number.isFinite(low) && Number.isFinite(high) && low < high;
  if (!ordered || (percentiles && (low < 0 || high > 100)))
    throw new ImageError(
      "IMAGE_WINDOW_INVALID",
      `The window ${low} to ${high}${percentiles ? " %" : ""} is impossible. Expected low < high` +
        `${percentiles ? ", both from 0 to 100" : ""}.`,
    );
}

/**
 * The window of an image. All colour channels share one window, so that hues keep; transparent pixels and samples that
 * are not finite do not count. Percentiles are interpolated linearly between ranks (Hyndman and Fan 1996, type 7;
 * NumPy's default). Where the two coincide, as in a sparse image, lowest and highest sample are taken instead; a
 * constant image gets a window of width 1 above its value and so becomes black.
 */
export function windowOf(samples: Samples, choice: WindowChoice): GreyWindow {
  if (!("lowPercentile" in choice)) return { low: choice.low, high: choice.high };
  const ranked = samples.data instanceof Float32Array ? rankedFloats(samples) : rankedIntegers(samples);
  if (ranked.count === 0) return { low: 0, high: 1 };
  const percentile = (percent: number): number => {
    const rank = (percent / 100) * (ranked.count - 1);
    const below = ranked.at(Math.floor(rank));
    return below + (rank - Math.floor(rank)) * (ranked.at(Math.ceil(rank)) - below);
  };
  let [low, high] = [percentile(choice.lowPercentile), percentile(choice.highPercentile)];
  if (low === high) [low, high] = [ranked.at(0), ranked.at(ranked.count - 1)];
  return { low, high: low === high ? low + 1 : high };
}

/** round(255 * (v - low) / (high - low)), limited to 0..255; what is not a number becomes 0. */
export function applyWindow(values: Samples["data"], { low, high }: GreyWindow): Uint8Array {
  const windowed = new Uint8Array(values.length);
  const toByte = (value: number): number =>
    value > low ? Math.round((255 * (Math.min(value, high) - low)) / (high - low)) : 0;
  if (values instanceof Float32Array) {
    for (let index = 0; index < values.length; index++) windowed[index] = toByte(values[index]!);
    return windowed;
  }
  const table = Uint8Array.from({ length: values.BYTES_PER_ELEMENT === 1 ? 256 : 65_536 }, (_, value) => toByte(value));
  for (let index = 0; index < values.length; index++) windowed[index] = table[values[index]!]!;
  return windowed;
}

/** Samples in ascending order, without the whole sorted list having to exist. */
interface Ranked {
  readonly count: number;
  at(rank: number): number;
}

function rankedIntegers(samples: Samples): Ranked {
  const histogram = new Uint32Array(samples.data.BYTES_PER_ELEMENT === 1 ? 256 : 65_536);
  let count = 0;
  forEachVisible(samples, (value) => {
    histogram[value]!++;
    count++;
  });
  const at = (rank: number): number => {
    let value = 0;
    for (let seen = histogram[0]!; seen <= rank; seen += histogram[value]!) value++;
    return value;
  };
  return { count, at };
}

function rankedFloats(samples: Samples): Ranked {
  const finite = new Float32Array(samples.data.length);
  let count = 0;
  forEachVisible(samples, (value) => {
    if (Number.isFinite(value)) finite[count++] = value;
  });
  const sorted = finite.subarray(0, count).sort();
  return { count, at: (rank) => sorted[rank]! };
}

/** Calls `use` with every colour sample of every pixel that is not wholly transparent. */
function forEachVisible({ channels, data }: Samples, use: (value: number) => void): void {
  const hasAlpha = channels === 2 || channels === 4;
  const colours = hasAlpha ? channels - 1 : channels;
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    if (hasAlpha && data[pixel + colours] === 0) continue;
    for (let colour = 0; colour < colours; colour++) use(data[pixel + colour]!);
  }
}
