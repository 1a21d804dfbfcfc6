import type { Cell } from "../src/dataset/cell.ts";
import { readManifest } from "../src/dataset/manifest.ts";

/** Every row of a manifest, or of scores that keep its columns. */
export async function readCells(manifest: string): Promise<Cell[]> {
  const cells: Cell[] = [];
  for await (const cell of readManifest(manifest)) cells.push(cell);
  return cells;
}
