import { describeError, MicronucleiError } from "../core/errors.ts";
import { WorkerThread } from "../core/worker-calls.ts";
import type { AttentionMap, Classification } from "../engine/classifier-session.ts";
import type { SessionOptions } from "../engine/session.ts";
import { readImage } from "../images/decode.ts";
import { writePlanes } from "../images/planes.ts";
import { resizeImage } from "../images/resize.ts";
import type { ClassifierHandlers } from "./classifier-worker.ts";
import type { ModelFile } from "./model.ts";
import { type ImageQuality, qualityOf, qualityToModel } from "./quality.ts";
import { meanOfViews, type ViewCount, type ViewScore, viewOf } from "./views.ts";

/** One image to be scored; `source` is whatever the caller wants back with the score. */
export interface CellImage<Source> {
  readonly path: string;
  readonly source: Source;
}

/** What a model says of one cell: the mean over its views. */
export interface CellScore extends ViewScore {
  /** Size of the image as decoded, pixels. */
  readonly width: number;
  readonly height: number;
  readonly quality: ImageQuality;
}

/** A model to score with. Without metadata, as for weights drawn at random, no image is called unfamiliar. */
export interface ScoringModel {
  readonly bytes: Uint8Array;
  readonly metadata?: Pick<ModelFile["metadata"], "unfamiliarity">;
}

/** Why a cell has no score. */
export interface CellFailure {
  readonly code: string;
  readonly message: string;
}

/** The score of a cell, or why there is none: nothing is left out. */
export type ScoredCell<Source> = { readonly source: Source } & (
  | { readonly score: CellScore }
  | { readonly error: CellFailure }
);

export interface ScoringOptions {
  readonly session: SessionOptions;
  /** Images in a batch. */
  readonly batch?: number;
  /** Orientations of each cell whose mean is its score: steadier, and as many times slower. Absent: 1. */
  readonly views?: ViewCount;
}

const DEFAULT_BATCH = 32;
/** Decoding runs in native threads beside the network; more at once would only wait in memory. */
const DECODES_AT_ONCE = 4;

/**
 * Scores cells in their order: while the network works on one batch in its own thread, the next is decoded. A cell
 * whose image cannot be read comes back with the error.
 *
 * Memory is bounded however many cells there are and however large their images: two batches wait at the model's size,
 * and at most four images are whole at a time.
 */
export async function* scoreCells<Source>(
  model: ScoringModel,
  cells: AsyncIterable<CellImage<Source>> | Iterable<CellImage<Source>>,
  options: ScoringOptions,
): AsyncGenerator<ScoredCell<Source>> {
  const thread = new WorkerThread<ClassifierHandlers>("./classifier-worker", import.meta.url);
  try {
    const side = await thread.call("open", { model: model.bytes, options: options.session });
    const threshold = model.metadata?.unfamiliarity?.threshold ?? null;
    let underWay: Promise<ScoredCell<Source>[]> | undefined;
    const { batch: images = DEFAULT_BATCH, views = 1 } = options;
    for await (const batch of preparedBatches(cells, side, Math.max(1, Math.floor(images / views)))) {
      const next = classifyBatch(thread, batch, { side, threshold, views });
      // Awaited one batch later; until then its failure must not count as unhandled.
      next.catch(() => {});
      if (underWay !== undefined) yield* await underWay;
      underWay = next;
    }
    if (underWay !== undefined) yield* await underWay;
  } finally {
    await thread.close();
  }
}

type PreparedCell<Source> = { readonly source: Source } & (
  | ({
      /** uint8 [3, side, side] */
      readonly planes: Uint8Array;
      readonly quality: "ok" | "blank";
    } & Pick<CellScore, "width" | "height">)
  | { readonly error: CellFailure }
);

async function* preparedBatches<Source>(
  cells: AsyncIterable<CellImage<Source>> | Iterable<CellImage<Source>>,
  side: number,
  size: number,
): AsyncGenerator<PreparedCell<Source>[]> {
  let pending: Promise<PreparedCell<Source>>[] = [];
  let batch: PreparedCell<Source>[] = [];
  for await (const cell of cells) {
    pending.push(prepare(cell, side));
    if (pending.length < Math.min(DECODES_AT_ONCE, size)) continue;
    batch.push(...(await Promise.all(pending)));
    pending = [];
    if (batch.length < size) continue;
    yield batch.slice(0, size);
    batch = batch.slice(size);
  }
  batch.push(...(await Promise.all(pending)));
  for (; batch.length > 0; batch = batch.slice(size)) yield batch.slice(0, size);
}

async function prepare<Source>({ path, source }: CellImage<Source>, side: number): Promise<PreparedCell<Source>> {
  try {
    const image = await readImage(path);
    const planes = new Uint8Array(3 * side * side);
    writePlanes(resizeImage(image, side, side), planes, 0);
    return { source, planes, width: image.width, height: image.height, quality: qualityOf(image) };
  } catch (error) {
    const code = error instanceof MicronucleiError ? error.code : "UNEXPECTED";
    return { source, error: { code, message: describeError(error) } };
  }
}

async function classifyBatch<Source>(
  thread: WorkerThread<ClassifierHandlers>,
  batch: readonly PreparedCell<Source>[],
  { side, threshold, views }: { side: number; threshold: number | null; views: ViewCount },
): Promise<ScoredCell<Source>[]> {
  const numbers = Array.from({ length: views }, (_, view) => view);
  const images = batch.flatMap((cell) =>
    "planes" in cell ? numbers.map((view) => viewOf(cell.planes, side, view)) : [],
  );
  const pixels = new Uint8Array(images.length * 3 * side * side);
  images.forEach((planes, slot) => {
    pixels.set(planes, slot * planes.length);
  });
  const request = { pixels, count: images.length, side };
  const classified = images.length === 0 ? null : await thread.call("classify", request, [pixels.buffer]);
  let slot = 0;
  return batch.map((cell) => {
    if ("error" in cell) return cell;
    const { source, width, height } = cell;
    const score = meanOfViews(numbers.map(() => scoreAt(classified as Classification, slot++)));
    const quality = qualityToModel(cell.quality, score.unfamiliarity, threshold);
    return { source, score: { ...score, width, height, quality } };
  });
}

function scoreAt({ probabilities, attention, evidence, unfamiliarity }: Classification, slot: number): ViewScore {
  const maps = Object.entries(attention).map(([name, all]) => [name, all[slot] as AttentionMap] as const);
  return {
    probability: probabilities[slot] as number,
    attention: Object.fromEntries(maps),
    evidence: evidence?.[slot] ?? null,
    unfamiliarity: unfamiliarity?.[slot] ?? null,
  };
}
