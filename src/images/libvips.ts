import type { Metadata } from "sharp";
import { describeError, ImageError } from "../core/errors.ts";
import { isCutShort } from "./cut-short.ts";
import { refuseMissingPage, refuseTooLarge } from "./limits.ts";
import type { OpenedImage } from "./open.ts";
import type { Samples } from "./samples.ts";
import { sharp } from "./sharp.ts";

export interface DecodedPage {
  readonly samples: Samples;
  readonly pageCount: number;
}

/**
 * Decodes one page with libvips. The header is read first, and an image that declares more than `maxPixels` is refused
 * before memory is taken. EXIF rotation is applied. Colour profiles are ignored, so that grey values are those of the
 * file, except for CMYK, which becomes sRGB by its profile (or libvips' general one).
 */
export async function decodeWithLibvips(image: OpenedImage, page: number, maxPixels: number): Promise<DecodedPage> {
  const first = await headerOf(image, 0);
  const pageCount = first.pages ?? 1;
  refuseMissingPage(image.name, page, pageCount);
  const header = page === 0 ? first : await headerOf(image, page);
  refuseTooLarge(image.name, header.width, header.height, maxPixels);
  return { samples: await samplesOf(image, page, header), pageCount };
}

async function headerOf(image: OpenedImage, page: number): Promise<Metadata> {
  try {
    return await sharp(image.content, { page, limitInputPixels: false, failOn: "none" }).metadata();
  } catch (cause) {
    throw await decodingError(image, cause);
  }
}

async function samplesOf(image: OpenedImage, page: number, header: Metadata): Promise<Samples> {
  const target = targetOf(image.name, header);
  const decode = async (failOn: "warning" | "error") => {
    const options = { page, failOn, limitInputPixels: false, autoOrient: true, ignoreIcc: header.space !== "cmyk" };
    const pipeline = sharp(image.content, options).toColourspace(target.space).raw({ depth: target.depth });
    return await pipeline.toBuffer({ resolveWithObject: true });
  };
  const { data, info } = await decode("warning")
    .catch((cause: unknown) => {
      if (image.format === "tiff" && isAboutTags(cause)) return decode("error");
      throw cause;
    })
    .catch(async (cause: unknown) => {
      throw await decodingError(image, cause);
    });
  const { width, height, channels } = info;
  return { width, height, channels, data: typed(data, target.depth) };
}

interface Target {
  readonly space: "b-w" | "srgb" | "grey16" | "rgb16" | "scrgb";
  readonly depth: "uchar" | "ushort" | "float";
}

/** The colour space and depth in which libvips hands over the file's own sample values unchanged. */
function targetOf(name: string, { space, depth, channels, hasAlpha }: Metadata): Target {
  if (channels > 4)
    throw new ImageError(
      "IMAGE_SAMPLES_UNSUPPORTED",
      `The image ${name} has ${channels} channels in one page. Expected 1 (grey), 3 (RGB), or these with alpha: ` +
        `export the channel of the nuclei as a grey image.`,
    );
  // libvips' conversion to 8-bit grey would drop alpha, so grey with alpha travels as RGBA.
  if (depth === "uchar" || space === "cmyk")
    return { space: space === "b-w" && !hasAlpha ? "b-w" : "srgb", depth: "uchar" };
  if (depth === "ushort" || depth === "short")
    return { space: space === "grey16" ? "grey16" : "rgb16", depth: "ushort" };
  if (space === "b-w" || space === "scrgb") return { space, depth: "float" };
  throw new ImageError(
    "IMAGE_SAMPLES_UNSUPPORTED",
    `The image ${name} has samples of type ${depth} in the colour space ${space}. ` +
      `Expected 8 or 16 bits, or 32 bits grey: export it as 16-bit TIFF.`,
  );
}

/** libtiff warns of odd descriptive tags, which microscopes write, and of damaged pixels; only the former are harmless. */
function isAboutTags(cause: unknown): boolean {
  const message = describeError(cause);
  return message.includes("Warning treated as error") && !/corrupt|decod|read error/i.test(message);
}

async function decodingError(image: OpenedImage, cause: unknown): Promise<ImageError> {
  const reason = describeError(cause).replaceAll(/\s*\n\s*/g, "; ");
  if (await isCutShort(image, reason))
    return new ImageError(
      "IMAGE_TRUNCATED",
      `The image ${image.name} ends before its last pixel (${image.format}: ${reason}). Copy it again from its source.`,
      { cause },
    );
  return new ImageError(
    "IMAGE_UNREADABLE",
    `The image ${image.name} begins like ${image.format} but cannot be decoded: ${reason}. ` +
      `It is damaged or of a rare kind: copy it again, or export it as PNG or 16-bit TIFF.`,
    { cause },
  );
}

/**
 * The samples in memory that JavaScript owns, so that another thread can take it over: that of libvips cannot move.
 * (sharp 0.35's toUint8Array, made for this, loses as many bytes as it returns.)
 */
function typed(bytes: Buffer, depth: Target["depth"]): Samples["data"] {
  const owned = new Uint8Array(bytes);
  if (depth === "uchar") return owned;
  return depth === "ushort" ? new Uint16Array(owned.buffer) : new Float32Array(owned.buffer);
}
