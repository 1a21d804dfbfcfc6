import type { RasterImage } from "./raster.ts";

/**
 * Writes an image into place `slot` of a batch as a network takes it: uint8 [N, 3, height, width], a plane each for
 * red, green and blue. Grey becomes three equal planes.
 */
export function writePlanes({ channels, data, width, height }: RasterImage, batch: Uint8Array, slot: number): void {
  const area = width * height;
  const start = slot * 3 * area;
  if (channels === 1) {
    for (let plane = 0; plane < 3; plane++) batch.set(data, start + plane * area);
    return;
  }
  for (let pixel = 0; pixel < area; pixel++) {
    batch[start + pixel] = data[3 * pixel] as number;
    batch[start + area + pixel] = data[3 * pixel + 1] as number;
    batch[start + 2 * area + pixel] = data[3 * pixel + 2] as number;
  }
}
