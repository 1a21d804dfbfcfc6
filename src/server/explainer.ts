import { readFile } from "node:fs/promises";
import { WorkerThread } from "../core/worker-calls.ts";
import type { AttentionMap, Classification } from "../engine/classifier-session.ts";
import { writePlanes } from "../images/planes.ts";
import type { RasterImage } from "../images/raster.ts";
import { resizeImage } from "../images/resize.ts";
import type { ClassifierHandlers } from "../scoring/classifier-worker.ts";
import type { FeatureHandlers } from "./feature-worker.ts";

/** A model by its file and the SHA-256 of it. */
export interface ModelSource {
  readonly id: string;
  readonly path: string;
  readonly name: string;
}

/** What a model says of one image. */
export interface Look {
  readonly probability: number;
  /** By output name, such as `attention_6`. */
  readonly attention: Readonly<Record<string, AttentionMap>>;
  readonly evidence: AttentionMap | null;
}

interface Waiting {
  readonly image: RasterImage;
  readonly resolve: (look: Look) => void;
  readonly reject: (error: unknown) => void;
}

/** A model in threads of its own: one for its outputs, and a second for its features once they are wanted. */
interface OpenModel {
  readonly classifier: WorkerThread<ClassifierHandlers>;
  /** Of its input, pixels. */
  readonly side: number;
  readonly bytes: Uint8Array;
  features: Promise<WorkerThread<FeatureHandlers> | null> | null;
  readonly waiting: Waiting[];
  working: boolean;
}

/** Models that are held open. */
const MOST_OPEN = 2;
const IMAGES_AT_ONCE = 16;

/** Runs models on single images, for those who look at them. What comes while a model is busy is answered together. */
export class Explainer {
  /** The one used last is the last. */
  readonly #models = new Map<string, Promise<OpenModel>>();

  async look(source: ModelSource, image: RasterImage): Promise<Look> {
    const model = await this.#model(source);
    try {
      return await new Promise<Look>((resolve, reject) => {
        model.waiting.push({ image, resolve, reject });
        if (!model.working) void answerWaiting(model);
      });
    } catch (error) {
      // Its thread may have died; the next who asks gets a new one.
      this.#models.delete(source.id);
      throw error;
    }
  }

  /** Side of the model's input, pixels. */
  async sideOf(source: ModelSource): Promise<number> {
    return (await this.#model(source)).side;
  }

  /** Features of images, one row each; null where the model has none. */
  async features(source: ModelSource, images: readonly RasterImage[]): Promise<Float32Array[] | null> {
    const model = await this.#model(source);
    model.features ??= openFeatures(model.bytes);
    const thread = await model.features;
    if (thread === null) return null;
    const { side } = model;
    const pixels = planesOf(images, side);
    const all = await thread.call("features", { pixels, count: images.length, side }, [pixels.buffer]);
    const channels = all.length / images.length;
    return images.map((_, index) => all.subarray(index * channels, (index + 1) * channels));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#models.values()].map(closeModel));
    this.#models.clear();
  }

  async #model(source: ModelSource): Promise<OpenModel> {
    const opened = this.#models.get(source.id) ?? openModel(source);
    this.#models.delete(source.id);
    this.#models.set(source.id, opened);
    opened.catch(() => this.#models.delete(source.id));
    for (const [id, oldest] of this.#models) {
      if (this.#models.size <= MOST_OPEN) break;
      this.#models.delete(id);
      void closeModel(oldest);
    }
    return await opened;
  }
}

async function openModel({ path }: ModelSource): Promise<OpenModel> {
  const bytes = Uint8Array.from(await readFile(path));
  const classifier = new WorkerThread<ClassifierHandlers>("../scoring/classifier-worker", import.meta.url);
  const side = await classifier.call("open", { model: bytes, options: { device: "cpu", threads: 0 } });
  return { classifier, side, bytes, features: null, waiting: [], working: false };
}

async function openFeatures(bytes: Uint8Array): Promise<WorkerThread<FeatureHandlers> | null> {
  const thread = new WorkerThread<FeatureHandlers>("./feature-worker", import.meta.url);
  if (await thread.call("open", bytes)) return thread;
  await thread.close();
  return null;
}

async function closeModel(opened: Promise<OpenModel>): Promise<void> {
  const model = await opened.catch(() => null);
  const features = await model?.features;
  await Promise.all([model?.classifier.close(), features?.close()]);
}

/** Answers what waits, as much at once as a batch holds, until nothing waits. */
async function answerWaiting(model: OpenModel): Promise<void> {
  model.working = true;
  for (let batch = model.waiting.splice(0, IMAGES_AT_ONCE); batch.length > 0; ) {
    try {
      const looks = await classify(
        model,
        batch.map(({ image }) => image),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(looks[index] as Look);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    batch = model.waiting.splice(0, IMAGES_AT_ONCE);
  }
  model.working = false;
}

async function classify({ classifier, side }: OpenModel, images: readonly RasterImage[]): Promise<Look[]> {
  const pixels = planesOf(images, side);
  const classified: Classification = await classifier.call("classify", { pixels, count: images.length, side }, [
    pixels.buffer,
  ]);
  const { probabilities, attention, evidence } = classified;
  return images.map((_, index) => ({
    probability: probabilities[index] as number,
    attention: Object.fromEntries(
      Object.entries(attention).map(([name, maps]) => [name, maps[index] as AttentionMap] as const),
    ),
    evidence: evidence?.[index] ?? null,
  }));
}

/** uint8 [N, 3, side, side] */
function planesOf(images: readonly RasterImage[], side: number): Uint8Array<ArrayBuffer> {
  const pixels = new Uint8Array(images.length * 3 * side * side);
  images.forEach((image, slot) => {
    writePlanes(resizeImage(image, side, side), pixels, slot);
  });
  return pixels;
}
