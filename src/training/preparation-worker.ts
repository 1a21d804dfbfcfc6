import { type Augmentation, applyAugmentation } from "../augmentation/augment.ts";
import { serveCalls, Transferred } from "../core/worker-calls.ts";
import { writePlanes } from "../images/planes.ts";
import type { RasterImage } from "../images/raster.ts";
import type { ImageStore } from "./image-store.ts";

/** One image of a batch: which of the store, and how it is varied. */
export interface BatchImage {
  readonly index: number;
  readonly augmentation: Augmentation | null;
}

interface PrepareRequest {
  readonly images: readonly BatchImage[];
  readonly slots: number;
  /** Memory of an earlier batch to be used again. */
  readonly buffer?: ArrayBuffer | undefined;
}

let store: ImageStore = [];

const handlers = {
  /** Takes the decoded images, in shared memory. */
  load: (images: ImageStore): void => {
    store = images;
  },

  /**
   * A batch as the network takes it: uint8 [slots, 3, side, side]. Slots beyond the images repeat them: their sample
   * weight is 0, but a network's batch statistics see them.
   */
  prepare: ({ images, slots, buffer }: PrepareRequest) => {
    const { width, height } = store[0] as RasterImage;
    const size = slots * 3 * width * height;
    const pixels = buffer?.byteLength === size ? new Uint8Array(buffer) : new Uint8Array(size);
    const varied = images.map(({ index, augmentation }) => {
      const image = store[index] as RasterImage;
      return augmentation === null ? image : applyAugmentation(image, augmentation);
    });
    for (let slot = 0; slot < slots; slot++) writePlanes(varied[slot % varied.length] as RasterImage, pixels, slot);
    return new Transferred(pixels, [pixels.buffer]);
  },
};

export type PreparationHandlers = typeof handlers;

serveCalls(handlers);
