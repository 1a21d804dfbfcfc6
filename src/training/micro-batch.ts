import { estimateTrainingMemory, type TrainingGraphSettings } from "./training-graph.ts";

/** What the memory of a training is spent on, megabytes. */
export interface MicroBatchChoice {
  /** Images whose gradients are computed at once; a divisor of the batch. */
  readonly images: number;
  readonly estimatedMegabytes: number;
}

const BYTES_PER_MEGABYTE = 2 ** 20;

/**
 * A process needs more than its numbers: Node.js and both runtimes; the gaps that ONNX Runtime's memory arena has between
 * intermediate results, which grow until the second or third step; and for its validation a model twice while it is opened.
 *
 * Fitted to greatest memory of whole trainings of batches of 32 (estimate, measured, megabytes): the proposed network 587,
 * 551; AlexNet 2,600, 2,803; ResNet-18 1,930, 1,788; ResNet-50 5,572, 5,167, with attention 5,900, 5,027; MSA-Net 5,866,
 * 5,039; GoogLeNet 2,956, 2,368; MobileNet 2,519, 2,020, v2 3,194, 3,414; VGG with attention 4,109, 4,986; VGG-16 in parts
 * of sixteen 4,949, 4,887, of four 3,883, 3,700.
 */
const PROCESS_MEGABYTES = 300;
const INTERMEDIATE_FACTOR = 1.7;
const VALIDATION_FACTOR = 2;

/**
 * The largest part of a batch that trains within a memory limit; gradients of the parts are added up, with the same
 * result as the whole batch (batch statistics, where a network has them, are those of a part).
 *
 * The estimate is of the whole process from its start to the finished model, and of what was measured at most a fifth too low
 * or a quarter too high. At least one image is computed at once, even above the limit.
 */
export function chooseMicroBatch(settings: TrainingGraphSettings, limitMegabytes: number): MicroBatchChoice {
  const { batch } = settings;
  const divisors = Array.from({ length: batch }, (_, index) => batch - index).filter((images) => batch % images === 0);
  let choice: MicroBatchChoice = { images: batch, estimatedMegabytes: Number.POSITIVE_INFINITY };
  for (const images of divisors) {
    choice = { images, estimatedMegabytes: Math.round(estimateMegabytes(settings, images)) };
    if (choice.estimatedMegabytes <= limitMegabytes) break;
  }
  return choice;
}

/** Memory of a whole training that computes so many images at once. */
export function estimateMegabytes(settings: TrainingGraphSettings, images: number): number {
  const kind = images === settings.batch ? "whole" : "accumulating";
  const { model, state, intermediate } = estimateTrainingMemory({ ...settings, batch: images }, kind);
  const bytes = state + INTERMEDIATE_FACTOR * intermediate + VALIDATION_FACTOR * model;
  return PROCESS_MEGABYTES + bytes / BYTES_PER_MEGABYTE;
}
