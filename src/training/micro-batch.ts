import { elementCount } from "../engine/graph.ts";
import { buildTrainingGraph, estimateTrainingMemory, type TrainingGraphSettings } from "./training-graph.ts";

/** What the memory of a training is spent on, megabytes. */
export interface MicroBatchChoice {
  /** Images whose gradients are computed at once; a divisor of the batch. */
  readonly images: number;
  readonly estimatedMegabytes: number;
}

const BYTES_PER_MEGABYTE = 2 ** 20;

/**
 * A process needs more than its numbers: what ONNX Runtime held beyond them was fitted to measured peaks, megabytes
 * (estimate, measured): VGG-16 in fours 5,800, 5,580; GoogLeNet in eights 880, 860; ResNet-18 in eights 830, 770;
 * the proposed network at batch 32 350, 490.
 */
const PROCESS_MEGABYTES = 128;
const STATE_FACTOR = 4.5;
const INTERMEDIATE_FACTOR = 1.5;

/**
 * The largest part of a batch that trains within a memory limit; gradients of the parts are added up, with the same
 * result as the whole batch (batch statistics, where a network has them, are those of a part).
 *
 * The estimate is of the whole process but for the decoded images, and right to about a third. At least one image is
 * computed at once, even above the limit.
 */
export function chooseMicroBatch(settings: TrainingGraphSettings, limitMegabytes: number): MicroBatchChoice {
  const { fixed, perImage } = estimateTrainingMemory(settings);
  const { states } = buildTrainingGraph({ ...settings, batch: 1 });
  const state = states.reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
  const megabytes = (images: number) =>
    PROCESS_MEGABYTES + (STATE_FACTOR * state + INTERMEDIATE_FACTOR * (fixed + images * perImage)) / BYTES_PER_MEGABYTE;
  const divisors = Array.from({ length: settings.batch }, (_, index) => settings.batch - index).filter(
    (images) => settings.batch % images === 0,
  );
  const images = divisors.find((candidate) => megabytes(candidate) <= limitMegabytes) ?? 1;
  return { images, estimatedMegabytes: Math.round(megabytes(images)) };
}
