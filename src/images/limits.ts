import { ImageError } from "../core/errors.ts";

/** 20,000 x 20,000 pixels: larger than a camera's field, small enough (1.2 GB in RGB) not to end the process. */
export const DEFAULT_MAX_PIXELS = 400_000_000;

/** Throws IMAGE_TOO_LARGE for more than maxPixels pixels. */
export function refuseTooLarge(name: string, width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels)
    throw new ImageError(
      "IMAGE_TOO_LARGE",
      `The image ${name} declares ${width} x ${height} pixels, more than the limit of ${maxPixels}. ` +
        `Cut it into fields first, or raise the limit if there is memory for it.`,
    );
}

/** Throws IMAGE_PAGE_MISSING unless 0 <= page < pageCount. */
export function refuseMissingPage(name: string, page: number, pageCount: number): void {
  if (!Number.isInteger(page) || page < 0 || page >= pageCount)
    throw new ImageError(
      "IMAGE_PAGE_MISSING",
      `The image ${name} has no page ${page}: it has ${pageCount}. Expected a page from 0 to ${pageCount - 1}.`,
    );
}
