import { ImageError } from "../core/errors.ts";
import { sha256, sha256OfFile } from "../core/files.ts";
import type { ReportProgress } from "../core/progress.ts";
import { readImage } from "../images/decode.ts";
import type { RasterImage } from "../images/raster.ts";
import type { Cell } from "./cell.ts";
import { inParallel } from "./in-parallel.ts";

export interface ReadableImage {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** SHA-256 of the file's bytes, hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of the decoded pixels and their shape: equal for one picture saved in two lossless formats. */
  readonly pixels: string;
}

export type ImageCheck = ReadableImage | ImageError;

/** Images that are decoded at once: each holds its pixels, so this bounds the memory. */
const IMAGES_AT_ONCE = 4;

/** Decodes and hashes the image of every cell; what cannot be read is returned as its error, in the cell's place. */
export async function checkImages(cells: readonly Cell[], report: ReportProgress): Promise<ImageCheck[]> {
  let done = 0;
  return inParallel(cells, IMAGES_AT_ONCE, async ({ path }) => {
    const check = await checkImage(path);
    report({ stage: "Checking images", done: ++done, total: cells.length });
    return check;
  });
}

async function checkImage(path: string): Promise<ImageCheck> {
  try {
    const image = await readImage(path);
    const { width, height, format } = image;
    return { width, height, format, sha256: await sha256OfFile(path), pixels: hashPixels(image) };
  } catch (error) {
    if (error instanceof ImageError) return error;
    throw error;
  }
}

function hashPixels({ width, height, channels, data }: RasterImage): string {
  return sha256(`${width} ${height} ${channels} ${sha256(data)}`);
}
