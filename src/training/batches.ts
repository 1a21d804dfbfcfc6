import type { WorkerThread } from "../core/worker-calls.ts";
import type { BatchImage, PreparationHandlers } from "./preparation-worker.ts";
import type { CandidateRequest, StepHandlers } from "./step-worker.ts";

/** The two threads of a training: one prepares batches, one computes. */
export interface TrainingThreads {
  readonly preparation: WorkerThread<PreparationHandlers>;
  readonly step: WorkerThread<StepHandlers>;
  /** Buffers of batches that were computed, to be filled again: new ones would wait for the garbage collector. */
  readonly free: ArrayBuffer[];
}

export interface PreparedBatch<Image extends BatchImage> {
  readonly images: readonly Image[];
  /** uint8 [slots, 3, side, side]; slots behind the images repeat them. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Batches prepared ahead of the one that is being computed. */
const BATCHES_AHEAD = 2;

/** The images in batches of `slots`, prepared ahead in their thread; the last may hold fewer images. */
export async function* preparedBatches<Image extends BatchImage>(
  { preparation, free }: TrainingThreads,
  images: readonly Image[],
  slots: number,
): AsyncGenerator<PreparedBatch<Image>> {
  const queue: { images: readonly Image[]; pixels: Promise<Uint8Array<ArrayBuffer>> }[] = [];
  let next = 0;
  const fill = (): void => {
    while (queue.length < BATCHES_AHEAD && next < images.length) {
      const part = images.slice(next, next + slots);
      next += part.length;
      const request = part.map(({ index, augmentation }) => ({ index, augmentation }));
      const buffer = free.pop();
      const pixels = preparation.call(
        "prepare",
        { images: request, slots, buffer },
        buffer === undefined ? [] : [buffer],
      );
      // A rejection is met where the batch is taken; until then it must not count as unhandled.
      pixels.catch(() => {});
      queue.push({ images: part, pixels });
    }
  };
  for (fill(); queue.length > 0; fill()) {
    const { images: part, pixels } = queue.shift() as (typeof queue)[number];
    yield { images: part, pixels: await pixels };
  }
}

/** Images that are classified at once: small batches are as fast and take little memory beside the training's. */
const CLASSIFIED_AT_ONCE = 8;

/** Probabilities and logit differences (positive minus negative) of images, by the model of the step thread's weights. */
export async function classifyImages(
  threads: TrainingThreads,
  candidate: CandidateRequest,
  images: readonly BatchImage[],
  side: number,
): Promise<{ probabilities: Float64Array; logits: Float64Array }> {
  const probabilities = new Float64Array(images.length);
  const logits = new Float64Array(images.length);
  await threads.step.call("openCandidate", candidate);
  // Batches of a classification are smaller than those of a training: neither uses the other's memory again.
  threads.free.length = 0;
  let at = 0;
  for await (const batch of preparedBatches(threads, images, CLASSIFIED_AT_ONCE)) {
    const { pixels } = batch;
    const answer = await threads.step.call("classify", { pixels, count: CLASSIFIED_AT_ONCE, side }, [pixels.buffer]);
    threads.free.push(answer.buffer);
    batch.images.forEach((_, slot) => {
      probabilities[at] = answer.probabilities[slot] as number;
      logits[at++] = (answer.logits[2 * slot + 1] as number) - (answer.logits[2 * slot] as number);
    });
  }
  threads.free.length = 0;
  await threads.step.call("closeClassifier", null);
  return { probabilities, logits };
}
