import { describeError, MicronucleiError } from "../core/errors.ts";
import { WorkerThread } from "../core/worker-calls.ts";
import type { AttentionMap, Classification } from "../engine/classifier-session.ts";
import type { SessionOptions } from "../engine/session.ts";
import { type DecodedImage, readImage } from "../images/decode.ts";
import { writePlanes } from "../images/planes.ts";
import { resizeImage } from "../images/resize.ts";
import type { ClassifierHandlers } from "./classifier-worker.ts";
import type { ModelFile } from "./model.ts";

/** One image to be scored; `source` is whatever the caller wants back with the score. */
export interface CellImage<Source> {
  readonly path: string;
  readonly source: Source;
}

/** What a model says of one cell. */
export interface CellScore {
  /** Probability of the positive class, 0 to 1. */
  readonly probability: number;
  /** Two maps for the paper's network, by output name such as `attention_6`. */
  readonly attention: Readonly<Record<string, AttentionMap>>;
  /** The image as it was decoded, before resizing. */
  readonly image: DecodedImage;
}

/** The score of a cell, or why there is none: nothing is left out. */
export type ScoredCell<Source> = { readonly source: Source } & (
  | { readonly score: CellScore }
  | { readonly error: { readonly code: string; readonly message: string } }
);

export interface ScoringOptions {
  readonly session: SessionOptions;
  /** Images in a batch. */
  readonly batch?: number;
}

const DEFAULT_BATCH = 32;
/** Decoding runs in native threads beside the network; more at once would only wait in memory. */
const DECODES_AT_ONCE = 4;
/** Height and width of a model's input, pixels. */
const SIDE = 224;

/**
 * Scores cells in their order, in bounded memory however many they are: while the network works on one batch in its
 * own thread, the next is decoded. A cell whose image cannot be read comes back with the error.
 */
export async function* scoreCells<Source>(
  model: ModelFile,
  cells: AsyncIterable<CellImage<Source>> | Iterable<CellImage<Source>>,
  options: ScoringOptions,
): AsyncGenerator<ScoredCell<Source>> {
  const thread = new WorkerThread<ClassifierHandlers>("./classifier-worker", import.meta.url);
  try {
    await thread.call("open", { model: model.bytes, options: options.session });
    let underWay: Promise<ScoredCell<Source>[]> | undefined;
    for await (const batch of decodedBatches(cells, options.batch ?? DEFAULT_BATCH)) {
      const next = classifyBatch(thread, batch);
      next.catch(() => {});
      if (underWay !== undefined) yield* await underWay;
      underWay = next;
    }
    if (underWay !== undefined) yield* await underWay;
  } finally {
    await thread.close();
  }
}

type DecodedCell<Source> = { readonly source: Source } & (
  | { readonly image: DecodedImage }
  | { readonly error: { readonly code: string; readonly message: string } }
);

async function* decodedBatches<Source>(
  cells: AsyncIterable<CellImage<Source>> | Iterable<CellImage<Source>>,
  size: number,
): AsyncGenerator<DecodedCell<Source>[]> {
  let pending: Promise<DecodedCell<Source>>[] = [];
  let batch: DecodedCell<Source>[] = [];
  for await (const cell of cells) {
    pending.push(decode(cell));
    if (pending.length < DECODES_AT_ONCE) continue;
    batch.push(...(await Promise.all(pending)));
    pending = [];
    if (batch.length < size) continue;
    yield batch.slice(0, size);
    batch = batch.slice(size);
  }
  batch.push(...(await Promise.all(pending)));
  if (batch.length > 0) yield batch;
}

async function decode<Source>({ path, source }: CellImage<Source>): Promise<DecodedCell<Source>> {
  try {
    return { source, image: await readImage(path) };
  } catch (error) {
    const code = error instanceof MicronucleiError ? error.code : "UNEXPECTED";
    return { source, error: { code, message: describeError(error) } };
  }
}

async function classifyBatch<Source>(
  thread: WorkerThread<ClassifierHandlers>,
  batch: readonly DecodedCell<Source>[],
): Promise<ScoredCell<Source>[]> {
  const readable = batch.flatMap((cell) => ("image" in cell ? [cell.image] : []));
  if (readable.length === 0) return batch.flatMap((cell) => ("error" in cell ? [cell] : []));
  const pixels = new Uint8Array(readable.length * 3 * SIDE * SIDE);
  readable.forEach((image, slot) => {
    writePlanes(resizeImage(image, SIDE, SIDE), pixels, slot);
  });
  const request = { pixels, count: readable.length, side: SIDE };
  const classified: Classification = await thread.call("classify", request, [pixels.buffer]);
  let slot = 0;
  return batch.map((cell) => {
    if ("error" in cell) return cell;
    const at = slot++;
    const maps = Object.entries(classified.attention).map(([name, all]) => [name, all[at] as AttentionMap] as const);
    const probability = classified.probabilities[at] as number;
    return { source: cell.source, score: { probability, attention: Object.fromEntries(maps), image: cell.image } };
  });
}
