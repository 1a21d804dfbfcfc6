import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFileAtomically } from "../core/files.ts";
import { RandomStream } from "../core/random.ts";
import type { Cell, Dataset } from "../dataset/cell.ts";
import { importDataset } from "../dataset/import-dataset.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { readManifest, writeManifest } from "../dataset/manifest.ts";
import { assignSplits, splitCells } from "../dataset/split.ts";
import { synthesizeDataset } from "../synthesis/synthesize-dataset.ts";
import type { Console } from "./console.ts";
import type { DemoOptions } from "./demo.ts";

/** Marks a folder that the demonstration may empty. */
const MARK = ".mn-demo";

/** Fields that the drawn cells come from. */
const DRAWN_FIELDS = 40;

/** An empty folder for the demonstration; an earlier demonstration's is emptied. Throws DEMO_FOLDER. */
export async function prepareDemoFolder(folder: string): Promise<void> {
  const used = existsSync(folder) && (await readdir(folder)).length > 0;
  if (used && !existsSync(join(folder, MARK))) {
    throw new UsageError(
      "DEMO_FOLDER",
      `${folder} holds something else than an earlier demonstration. Give --out a new or empty folder.`,
    );
  }
  if (used) await rm(folder, { recursive: true });
  await writeFileAtomically(
    join(folder, MARK),
    "This folder was made by mn demo, which empties it when it runs again.\n",
  );
}

/**
 * Drawn cells of both stains, imported as any other data. Each stain is split by itself, whole fields together, so that
 * both are trained on and both are tested.
 */
export async function drawDemoCells(options: DemoOptions, console: Console): Promise<Dataset> {
  const { out, cells, seed } = options;
  const drawnFolder = join(out, "cells");
  const drawn = await synthesizeDataset(
    { outFolder: drawnFolder, cells, fields: DRAWN_FIELDS, stain: "both", prevalence: 0.35, seed, side: 112 },
    console.progress,
  );
  const rows: Cell[] = [];
  for await (const cell of readManifest(drawn.manifest)) rows.push(cell);
  const stream = new RandomStream(seed).fork("demonstration split");
  const byStain = Map.groupBy(rows, ({ columns }) => columns.stain ?? "");
  const split = [...byStain].flatMap(([stain, own]) => {
    const { splits } = splitCells(own, { groupBy: "field", stream: stream.fork(stain) });
    return own.map((cell, index) => ({ ...cell, split: splits[index] as NonNullable<Cell["split"]> }));
  });
  const withSplit = join(drawnFolder, "split.csv");
  await writeManifest(withSplit, split);
  const manifest = join(out, "data.csv");
  await importDataset(withSplit, { out: manifest, groupBy: "field", stream }, console.progress);
  return loadDataset(manifest);
}

/** A person's own cells: at most `cells` of them, both classes in their natural shares, with a split of whole fields. */
export async function takeDemoCells(source: string, options: DemoOptions, console: Console): Promise<Dataset> {
  const { out, cells: most, seed, where } = options;
  const stream = new RandomStream(seed).fork("demonstration");
  const dataset = await loadDataset(source, { where });
  const kept = new Set(stream.fork("sample").shuffle(dataset.cells).slice(0, most));
  if (kept.size < dataset.cells.length) {
    console.message(
      `The data has ${dataset.cells.length} cells; the demonstration takes ${kept.size} of them at random (--cells).`,
    );
  }
  const sample = dataset.cells.filter((cell) => kept.has(cell));
  const hasTest = sample.some(({ split }) => split === "test");
  const { cells } = assignSplits(sample, { classes: dataset.classes, resplit: !hasTest, stream: stream.fork("split") });
  const taken = join(out, "taken.csv");
  await writeManifest(
    taken,
    cells.map((cell) => ({ ...cell, file: cell.path })),
  );
  const manifest = join(out, "data.csv");
  const [negative, positive] = dataset.classes;
  await importDataset(taken, { out: manifest, stream, positive, negative }, console.progress);
  return loadDataset(manifest, { positive, negative });
}
