import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { RandomStream } from "../src/core/random.ts";
import { encodePng } from "../src/images/encode.ts";
import { drawAppearance } from "../src/synthesis/appearance.ts";
import { drawCell } from "../src/synthesis/draw-cell.ts";

/** A slide to draw, and how many of its cells have 0, 1, 2, 3 micronuclei. */
export interface DrawnSlide {
  /** Columns of the study table. */
  readonly sample: Readonly<Record<string, string | number>> & { readonly sample: string };
  readonly cellsByMicronuclei: readonly number[];
}

const SIDE = 96;

/**
 * Draws slides of DAPI-stained cells into `folder`, a folder of images each, with a study table (`study.csv`) and the known
 * counts (`counted-by-eye.csv`), which stand for a person's. Same seed, same bytes.
 */
export async function drawSlides(folder: string, slides: readonly DrawnSlide[], seed: string): Promise<void> {
  const stream = new RandomStream(seed);
  const counts: Record<string, string | number>[] = [];
  for (const { sample, cellsByMicronuclei } of slides) {
    const slideStream = stream.fork(sample.sample);
    const appearance = drawAppearance(slideStream.fork("look"), "dapi");
    const micronuclei = slideStream.shuffle(
      cellsByMicronuclei.flatMap((cells, count) => Array<number>(cells).fill(count)),
    );
    await mkdir(join(folder, sample.sample), { recursive: true });
    for (const [index, count] of micronuclei.entries()) {
      const file = `cell-${String(index + 1).padStart(3, "0")}.png`;
      const { image } = drawCell(slideStream.fork(file), { appearance, micronuclei: count, side: SIDE });
      await writeFile(join(folder, sample.sample, file), await encodePng(image));
      counts.push({ sample: sample.sample, file, micronuclei: count });
    }
  }
  const rows = slides.map(({ sample }) => ({ ...sample, cells: sample.sample }));
  await writeFile(join(folder, "study.csv"), stringify(rows, { header: true }));
  await writeFile(join(folder, "counted-by-eye.csv"), stringify(counts, { header: true }));
}
