import { readFile, stat } from "node:fs/promises";
import { ImageError, MicronucleiError } from "../core/errors.ts";
import { sha256 as sha256Of } from "../core/files.ts";
import { type DecodedImage, readImage } from "../images/decode.ts";
import type { RasterImage } from "../images/raster.ts";
import { sharp } from "../images/sharp.ts";
import type { WindowChoice } from "../images/window.ts";

/** Where a cell's picture lies, as the database has it. */
export interface CellPicture {
  /** Number of the cell: messages name it so, since names of files may tell a blinded reader of the dose. */
  readonly id: number;
  /** Absolute. */
  readonly path: string;
  /** Of the file at its import; null where it was not read then. */
  readonly sha256: string | null;
}

export interface TileOptions {
  /** The longer side is at most so many pixels; null is the picture's own size. Nothing is enlarged. */
  readonly side: number | null;
  /** Null leaves 8-bit grey values as they are and windows deeper ones as everywhere. */
  readonly window: WindowChoice | null;
  readonly maxPixels: number;
}

/** Fast: a tile is looked at once or a few times, and mostly on the machine that made it. */
const PNG_COMPRESSION = 1;

/** Larger files are not compared with their hash each time: it would hold up everything else. */
const HASHED_BYTES = 8 * 2 ** 20;

/** A cell's picture as a PNG. Throws ImageErrors that do not name the file, and CELL_CHANGED. */
export async function makeTile(picture: CellPicture, { side, window, maxPixels }: TileOptions): Promise<Uint8Array> {
  const image = await readPicture(picture, { maxPixels, ...(window !== null && { window }) });
  return await encode(image, side);
}

/** Decodes a cell's picture, if it is still the one that was imported. Errors as those of `makeTile`. */
export async function readPicture(
  picture: CellPicture,
  options: { readonly maxPixels: number; readonly window?: WindowChoice },
): Promise<DecodedImage> {
  try {
    const content = await contentOf(picture);
    return await readImage(content, options);
  } catch (error) {
    throw withoutPath(error, picture);
  }
}

/** The bytes that were imported; of a large file, or one without a hash, the path. */
async function contentOf({ id, path, sha256 }: CellPicture): Promise<Uint8Array | string> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (sha256 === null || size > HASHED_BYTES) return path;
  // A file that is not there is reported by the decoder in its own words.
  const content = await readFile(path).catch(() => null);
  if (content === null || sha256Of(content) === sha256) return content ?? path;
  throw new ImageError(
    "CELL_CHANGED",
    `The picture of cell ${id} is not the one that was imported. Put the original back, or import this one as another slide.`,
  );
}

function withoutPath(error: unknown, { id, path }: CellPicture): unknown {
  if (!(error instanceof MicronucleiError)) return error;
  const message = error.message
    .replaceAll(`"${path}"`, `of cell ${id}`)
    .replace(/\(\d+ bytes in memory\)/, `of cell ${id}`);
  return new ImageError(error.code, message, { cause: error });
}

async function encode({ width, height, channels, data }: RasterImage, side: number | null): Promise<Uint8Array> {
  const pipeline = sharp(data, { raw: { width, height, channels } });
  const sized =
    side === null || side >= Math.max(width, height)
      ? pipeline
      : pipeline.resize({ width: side, height: side, fit: "inside", kernel: "cubic" });
  return await sized
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .png({ compressionLevel: PNG_COMPRESSION })
    .toBuffer();
}
