import { describeError, TrainingError } from "../core/errors.ts";
import type { ReportProgress } from "../core/progress.ts";
import type { Cell } from "../dataset/cell.ts";
import type { RasterImage } from "../images/raster.ts";
import { prepareCell } from "../images/resize.ts";

/** Decoded images in memory that all threads share, in the order of their cells; grey ones take one byte a pixel. */
export type ImageStore = readonly RasterImage[];

/** Decodes run in native threads; a few at once keep them busy. */
const DECODES_AT_ONCE = 4;

/**
 * Decodes every cell once, side x side pixels. Throws TRAINING_IMAGE_UNREADABLE, naming every file that cannot be read:
 * a training that silently lacks cells would answer another question than the one asked.
 */
export async function loadImages(
  cells: readonly Cell[],
  side: number,
  reportProgress: ReportProgress,
): Promise<ImageStore> {
  const images = new Array<RasterImage>(cells.length);
  const failures: string[] = [];
  let next = 0;
  let done = 0;
  const decodeSome = async (): Promise<void> => {
    for (let index = next++; index < cells.length; index = next++) {
      const cell = cells[index] as Cell;
      try {
        images[index] = share(await prepareCell(cell.path, side));
      } catch (error) {
        failures.push(`${cell.file}: ${describeError(error)}`);
      }
      reportProgress({ stage: "Decoding images", done: ++done, total: cells.length });
    }
  };
  await Promise.all(Array.from({ length: DECODES_AT_ONCE }, decodeSome));
  if (failures.length > 0) throw unreadable(failures.sort(), cells.length);
  return images;
}

function share({ width, height, channels, data }: RasterImage): RasterImage {
  const shared = new Uint8Array(new SharedArrayBuffer(data.length));
  shared.set(data);
  return { width, height, channels, data: shared };
}

function unreadable(failures: readonly string[], total: number): TrainingError {
  return new TrainingError(
    "TRAINING_IMAGE_UNREADABLE",
    `${failures.length} of ${total} images cannot be read:\n  ${failures.slice(0, 10).join("\n  ")}\n` +
      `Run "mn dataset import" on the folder: it lists unreadable images and sets them aside.`,
  );
}
