import { mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { describeError, TrainingError } from "../core/errors.ts";
import type { ReportProgress } from "../core/progress.ts";
import type { Cell } from "../dataset/cell.ts";
import type { RasterImage } from "../images/raster.ts";
import { prepareCell } from "../images/resize.ts";

/**
 * Decoded images in a file: reading some again costs little, and the memory of a training does not grow with its data.
 * Image i begins at byte i * 3 * side * side; a grey one fills a third of its place.
 */
export interface ImageStore {
  readonly path: string;
  readonly side: number;
  /** Channels of each image, in the order of the cells. */
  readonly channels: readonly RasterImage["channels"][];
}

/** Decodes run in native threads; a few at once keep them busy. */
const DECODES_AT_ONCE = 4;

/**
 * Decodes every cell once, side x side pixels, into a new file. Throws TRAINING_IMAGE_UNREADABLE, naming every file that
 * cannot be read: a training that silently lacks cells would answer another question than the one asked; and
 * RUN_NOT_WRITTEN where the disk is full.
 */
export async function storeImages(
  cells: readonly Cell[],
  { path, side }: Pick<ImageStore, "path" | "side">,
  reportProgress: ReportProgress,
): Promise<ImageStore> {
  const channels = new Array<RasterImage["channels"]>(cells.length);
  const failures: string[] = [];
  const file = await writing(path, side, async () => {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, "w");
  });
  let next = 0;
  let done = 0;
  const decodeSome = async (): Promise<void> => {
    for (let index = next++; index < cells.length; index = next++) {
      const cell = cells[index] as Cell;
      const image = await prepareCell(cell.path, side).catch((error: unknown) => {
        failures.push(`${cell.file}: ${describeError(error)}`);
      });
      if (image !== undefined) {
        channels[index] = image.channels;
        await writing(path, side, () => file.write(image.data, 0, image.data.length, index * placeOf(side)));
      }
      reportProgress({ stage: "Decoding images", done: ++done, total: cells.length });
    }
  };
  try {
    await Promise.all(Array.from({ length: DECODES_AT_ONCE }, decodeSome));
  } finally {
    await file.close();
  }
  if (failures.length > 0) {
    await rm(path);
    throw imagesUnreadable(failures.sort(), cells.length);
  }
  return { path, side, channels };
}

/** Bytes of an image's place. */
export function placeOf(side: number): number {
  return 3 * side * side;
}

async function writing<Result>(path: string, side: number, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw new TrainingError(
      "RUN_NOT_WRITTEN",
      `${path} cannot be written: ${describeError(error)}. The decoded images of a training need ` +
        `${placeOf(side)} bytes each while it runs; make room or choose another folder.`,
      { cause: error },
    );
  }
}

/** The error that names images of a data set that cannot be read. */
export function imagesUnreadable(failures: readonly string[], total: number): TrainingError {
  return new TrainingError(
    "TRAINING_IMAGE_UNREADABLE",
    `${failures.length} of ${total} images cannot be read:\n  ${failures.slice(0, 10).join("\n  ")}\n` +
      `Run "mn dataset import" on the folder: it lists unreadable images and sets them aside.`,
  );
}
