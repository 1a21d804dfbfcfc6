import { openSync, readSync } from "node:fs";
import { type Augmentation, applyAugmentation } from "../augmentation/augment.ts";
import { collectGarbage } from "../core/garbage.ts";
import { serveCalls, Transferred } from "../core/worker-calls.ts";
import { writePlanes } from "../images/planes.ts";
import type { RasterImage } from "../images/raster.ts";
import { type ImageStore, placeOf } from "./image-store.ts";

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

let store: ImageStore | undefined;
let file: number | undefined;
/** Where an image is read into; the next one is read over it. */
let scratch = new Uint8Array(0);

const handlers = {
  /** Takes the decoded images. */
  load: (images: ImageStore): void => {
    store = images;
    file = openSync(images.path, "r");
    scratch = new Uint8Array(placeOf(images.side));
  },

  /**
   * A batch as the network takes it: uint8 [slots, 3, side, side]. Slots beyond the images repeat them: their sample
   * weight is 0, but a network's batch statistics see them.
   */
  prepare: ({ images, slots, buffer }: PrepareRequest) => {
    const place = placeOf((store as ImageStore).side);
    const size = slots * place;
    const pixels = buffer?.byteLength === size ? new Uint8Array(buffer) : new Uint8Array(size);
    images.forEach(({ index, augmentation }, slot) => {
      const image = readImage(index);
      writePlanes(augmentation === null ? image : applyAugmentation(image, augmentation), pixels, slot);
    });
    for (let slot = images.length; slot < slots; slot++) {
      const from = (slot % images.length) * place;
      pixels.copyWithin(slot * place, from, from + place);
    }
    collectGarbage("minor");
    return new Transferred(pixels, [pixels.buffer]);
  },
};

/** The image, until the next one is read. */
function readImage(index: number): RasterImage {
  const { path, side, channels } = store as ImageStore;
  const data = scratch.subarray(0, (channels[index] as number) * side * side);
  let read = 0;
  while (read < data.length) {
    const got = readSync(file as number, data, read, data.length - read, index * placeOf(side) + read);
    if (got === 0) throw new Error(`${path} is shorter than it was.`);
    read += got;
  }
  return { width: side, height: side, channels: channels[index] as RasterImage["channels"], data };
}

export type PreparationHandlers = typeof handlers;

serveCalls(handlers);
