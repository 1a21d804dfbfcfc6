import { decodeBmp } from "./bmp.ts";
import { type DecodedPage, decodeWithLibvips } from "./libvips.ts";
import { DEFAULT_MAX_PIXELS, refuseMissingPage } from "./limits.ts";
import { type ImageFormat, type OpenedImage, openImage, wholeContent } from "./open.ts";
import type { RasterImage } from "./raster.ts";
import type { Samples } from "./samples.ts";
import { applyWindow, checkWindow, DEFAULT_WINDOW, type GreyWindow, type WindowChoice, windowOf } from "./window.ts";

export interface DecodedImage extends RasterImage {
  readonly format: ImageFormat;
  /** Bits of one sample as decoded: 8 (also for files of 1, 2 and 4 bits and palettes), 16 or 32. */
  readonly bitDepth: 8 | 16 | 32;
  /** Pages of a TIFF, frames of an animated GIF or WebP; 1 for every other file. */
  readonly pageCount: number;
  /** Present where grey values were changed: the values of the file that became 0 and 255. */
  readonly window?: GreyWindow;
}

export interface ReadImageOptions {
  /** Which page or frame, from 0; 0 where not given. */
  readonly page?: number;
  /**
   * Where not given, 8-bit samples stay as they are and deeper ones are windowed by their percentiles 1 and 99.8. A
   * window that is given applies at every depth.
   */
  readonly window?: WindowChoice;
  /** An image that declares more pixels is refused before it is decoded. */
  readonly maxPixels?: number;
}

/**
 * Any image file, or its bytes, to 8-bit pixels: JPEG, PNG, TIFF, BMP, WebP, GIF. The result has one channel where
 * every pixel is exactly grey, also if the file says RGB, and three otherwise.
 *
 * EXIF rotation is applied, CMYK becomes sRGB. Transparency is composited: on black where the pixels are grey
 * (fluorescence: no light), on white where they are coloured (stained and transmitted light: nothing in the way).
 * Negative samples of a signed 16-bit TIFF become 0. docs/errors.md lists the errors.
 */
export async function readImage(source: string | Uint8Array, options: ReadImageOptions = {}): Promise<DecodedImage> {
  if (options.window) checkWindow(options.window);
  const image = await openImage(source);
  const { samples, pageCount } = await decodePage(image, options.page ?? 0, options.maxPixels ?? DEFAULT_MAX_PIXELS);
  const bitDepth = (samples.data.BYTES_PER_ELEMENT * 8) as 8 | 16 | 32;
  const choice = options.window ?? (bitDepth === 8 ? undefined : DEFAULT_WINDOW);
  const window = choice && windowOf(samples, choice);
  const bytes = window ? applyColourWindow(samples, window) : (samples.data as Uint8Array);
  const { width, height } = samples;
  const pixels = withoutNeedlessChannels(bytes, samples.channels);
  return { width, height, ...pixels, format: image.format, bitDepth, pageCount, ...(window && { window }) };
}

async function decodePage(image: OpenedImage, page: number, maxPixels: number): Promise<DecodedPage> {
  if (image.format !== "bmp") return await decodeWithLibvips(image, page, maxPixels);
  refuseMissingPage(image.name, page, 1);
  return { samples: decodeBmp(image.name, await wholeContent(image), maxPixels), pageCount: 1 };
}

/** Windows the colours; alpha is not a grey value and keeps its share of the full range (an alpha above 1 is opaque). */
function applyColourWindow(samples: Samples, window: GreyWindow): Uint8Array {
  const { channels, data } = samples;
  const bytes = applyWindow(data, window);
  if (channels === 1 || channels === 3) return bytes;
  const opaque = data instanceof Float32Array ? 1 : 2 ** (8 * data.BYTES_PER_ELEMENT) - 1;
  for (let index = channels - 1; index < data.length; index += channels)
    bytes[index] = Math.round(255 * Math.min(Math.max(data[index]! / opaque, 0), 1));
  return bytes;
}

/** Composites alpha away and keeps one channel where all are equal. */
function withoutNeedlessChannels(
  bytes: Uint8Array,
  channels: Samples["channels"],
): { channels: 1 | 3; data: Uint8Array } {
  if (channels === 1) return { channels, data: bytes };
  const grey = channels === 2 || isGrey(bytes, channels);
  if (channels === 3 && !grey) return { channels, data: bytes };
  return grey
    ? { channels: 1, data: composite(bytes, channels, 1, 0) }
    : { channels: 3, data: composite(bytes, channels, 3, 255) };
}

/** Whether red, green and blue are equal in every pixel that is not wholly transparent. */
function isGrey(bytes: Uint8Array, channels: 3 | 4): boolean {
  for (let at = 0; at < bytes.length; at += channels) {
    const equal = bytes[at] === bytes[at + 1] && bytes[at] === bytes[at + 2];
    if (!equal && !(channels === 4 && bytes[at + 3] === 0)) return false;
  }
  return true;
}

/** The first `kept` channels of every pixel over `background`: round(a * v + (1 - a) * background), a = alpha / 255. */
function composite(bytes: Uint8Array, channels: 2 | 3 | 4, kept: 1 | 3, background: 0 | 255): Uint8Array {
  const pixelCount = bytes.length / channels;
  const opaque = channels === 3;
  const data = new Uint8Array(pixelCount * kept);
  for (let pixel = 0; pixel < pixelCount; pixel++) {
    const from = pixel * channels;
    const alpha = opaque ? 255 : bytes[from + channels - 1]!;
    for (let channel = 0; channel < kept; channel++)
      data[pixel * kept + channel] = Math.round((alpha * bytes[from + channel]! + (255 - alpha) * background) / 255);
  }
  return data;
}
