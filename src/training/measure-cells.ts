import { type InferenceSession, Tensor } from "onnxruntime-node";
import { describeError } from "../core/errors.ts";
import type { ReportProgress } from "../core/progress.ts";
import type { Cell } from "../dataset/cell.ts";
import { openSession, type SessionOptions } from "../engine/session.ts";
import { writePlanes } from "../images/planes.ts";
import { prepareCell } from "../images/resize.ts";
import { encodeFeatureModel, MODEL_SIDE, type WeighedNetwork } from "../networks/model-file.ts";
import { imagesUnreadable } from "./image-store.ts";

/** What a network makes of one cell, as it is: not augmented. */
export interface MeasuredCell {
  /** Positive minus negative logit, as float32 arithmetic gives it. */
  readonly logit: number;
  /** What the last layer sees, [F]; valid until the next batch. */
  readonly features: Float32Array;
}

export interface MeasuringOptions {
  readonly session: SessionOptions;
  readonly stage: string;
  readonly reportProgress: ReportProgress;
}

/** Images at once: small batches are as fast and take little memory. */
const BATCH = 8;

/** Measures cells in their order, one batch decoded while the network works on another. Throws TRAINING_IMAGE_UNREADABLE. */
export async function* measureCells(
  weighed: WeighedNetwork,
  cells: readonly Cell[],
  { session: options, stage, reportProgress }: MeasuringOptions,
): AsyncGenerator<MeasuredCell> {
  const side = weighed.side ?? MODEL_SIDE;
  const session = await openSession(encodeFeatureModel(weighed), options);
  try {
    let underWay = decoded(cells.slice(0, BATCH), side, cells.length);
    for (let start = 0; start < cells.length; start += BATCH) {
      const pixels = await underWay;
      underWay = decoded(cells.slice(start + BATCH, start + 2 * BATCH), side, cells.length);
      // Awaited in the next round; until then its failure must not count as unhandled.
      underWay.catch(() => {});
      yield* await run(session, pixels, side);
      reportProgress({ stage, done: Math.min(start + BATCH, cells.length), total: cells.length });
    }
  } finally {
    await session.release();
  }
}

/** uint8 [cells, 3, side, side] */
async function decoded(cells: readonly Cell[], side: number, total: number): Promise<Uint8Array> {
  const pixels = new Uint8Array(cells.length * 3 * side * side);
  const failures: string[] = [];
  const writeOne = async ({ path, file }: Cell, slot: number) => {
    const image = await prepareCell(path, side).catch((error: unknown) => {
      failures.push(`${file}: ${describeError(error)}`);
    });
    if (image !== undefined) writePlanes(image, pixels, slot);
  };
  await Promise.all(cells.map(writeOne));
  if (failures.length > 0) throw imagesUnreadable(failures.sort(), total);
  return pixels;
}

async function run(session: InferenceSession, pixels: Uint8Array, side: number): Promise<MeasuredCell[]> {
  const count = pixels.length / (3 * side * side);
  const image = new Tensor("uint8", pixels, [count, 3, side, side]);
  const { logits, features } = await session.run({ image }, ["logits", "features"]);
  const [pairs, numbers] = [logits?.data as Float32Array, features?.data as Float32Array];
  const each = numbers.length / count;
  return Array.from({ length: count }, (_, cell) => ({
    logit: Math.fround((pairs[2 * cell + 1] as number) - (pairs[2 * cell] as number)),
    features: numbers.subarray(cell * each, (cell + 1) * each),
  }));
}
