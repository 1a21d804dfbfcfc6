import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RandomStream } from "../../src/core/random.ts";
import { encodePng } from "../../src/images/encode.ts";
import { drawAppearance, varyAppearance } from "../../src/synthesis/appearance.ts";
import { drawCell } from "../../src/synthesis/draw-cell.ts";

/** Pixels: as large as the model in the box sees a cell. */
const SIDE = 224;

/** File of a sample's cell, counted from 1. */
export const cellFile = (number: number): string => `cell-${String(number).padStart(2, "0")}.png`;

/** Draws fluorescence images of a sample's cells into a folder: one for each number of micronuclei, 0 to 3. */
export async function drawCells(folder: string, sample: string, micronuclei: readonly number[]): Promise<void> {
  const stream = new RandomStream(sample);
  const slide = varyAppearance(stream.fork("field"), drawAppearance(stream.fork("slide"), "dapi"));
  await mkdir(folder, { recursive: true });
  for (const [index, count] of micronuclei.entries()) {
    const request = { appearance: slide, micronuclei: count, side: SIDE };
    const { image } = drawCell(stream.fork(`cell ${index}`), request);
    await writeFile(join(folder, cellFile(index + 1)), await encodePng(image));
  }
}
