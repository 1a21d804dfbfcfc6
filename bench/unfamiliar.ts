import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partsOf } from "../src/cli/calibrate-run.ts";
import { writeFileAtomically } from "../src/core/files.ts";
import { ignoreProgress } from "../src/core/progress.ts";
import { RandomStream } from "../src/core/random.ts";
import type { Cell } from "../src/dataset/cell.ts";
import { encodePng } from "../src/images/encode.ts";
import { sharp } from "../src/images/sharp.ts";
import { unfamiliarityOf } from "../src/networks/unfamiliarity.ts";
import { MODEL_IN_THE_BOX, type ModelFile, readModel } from "../src/scoring/model.ts";
import { scoreCells } from "../src/scoring/score-cells.ts";
import { synthesizeDataset } from "../src/synthesis/synthesize-dataset.ts";
import { drawEvenly, FAMILIAR_CELLS, familiarThreshold, fitFamiliarity } from "../src/training/familiarity.ts";
import { measureCells } from "../src/training/measure-cells.ts";
import { readCells } from "./read-cells.ts";

const SIDE = 224;
/** Every so many validation cells are changed. */
const STEP = { hatch: 5, bbbc039: 100 } as const;
const BLURS_PX = [2, 4, 6, 8, 12, 20] as const;

interface MeasuredCell {
  readonly cell: Cell;
  readonly features: Float32Array;
}

/**
 * What the check for unfamiliar images flags, as a table: cells as they are and changed, other kinds of images, and cells
 * of groups and fields that were left out of the statistics and of the threshold. `data` holds the folders `cells`, `rgb_blood`
 * and `fields`.
 */
export async function benchUnfamiliar({ data, threads }: { data: string; threads: number }): Promise<void> {
  const model = await readModel(MODEL_IN_THE_BOX);
  const cells = await readCells(join(data, "cells/manifest.csv"));
  const folder = await mkdtemp(join(tmpdir(), "mn-unfamiliar-"));
  const report = async (name: string, paths: readonly string[]) => {
    const flagged = await countFlagged(model, paths, threads);
    console.log(`| ${name} | ${flagged} of ${paths.length} (${((100 * flagged) / paths.length).toFixed(1)} %) |`);
  };
  console.log("| images | flagged |\n| --- | --- |");
  const pathsOf = (source: string, wanted: (cell: Cell) => boolean) =>
    cells.filter((cell) => cell.columns.source === source && wanted(cell)).map(({ path }) => path);
  const isValidation = ({ split, label }: Cell) => split === "val" && label !== "ambiguous";
  for (const source of ["hatch", "bbbc039"] as const) {
    await report(`validation cells, ${source}`, pathsOf(source, isValidation));
    await report(
      `ambiguous cells, ${source}`,
      pathsOf(source, ({ label }) => label === "ambiguous"),
    );
  }
  for (const [name, paths] of await otherImages(data, folder)) await report(name, paths);
  const changed = (["hatch", "bbbc039"] as const).flatMap((source) =>
    pathsOf(source, isValidation).filter((_, at) => at % STEP[source] === 0),
  );
  for (const [name, change] of CHANGES) await report(name, await changedImages(folder, name, changed, change));
  await reportLeftOut(model, cells, threads);
  await rm(folder, { recursive: true });
}

async function countFlagged(model: ModelFile, paths: readonly string[], threads: number): Promise<number> {
  let flagged = 0;
  const images = paths.map((path) => ({ path, source: path }));
  for await (const result of scoreCells(model, images, { session: { device: "cpu", threads } })) {
    if ("error" in result) throw new Error(`${result.source}: ${result.error.message}`);
    if (result.score.quality !== "ok") flagged++;
  }
  return flagged;
}

/** Stained blood cells, drawn cells, whole fields, and pictures without any cell. */
async function otherImages(data: string, folder: string): Promise<[string, readonly string[]][]> {
  const blood = (await readCells(join(data, "rgb_blood/manifest.csv"))).map(({ path }) => path);
  const some = blood.filter((_, at) => at % 6 === 0);
  const fields = (await readdir(join(data, "fields/hatch/images"))).filter((_, at) => at % 2 === 0);
  const drawn = async (stain: "dapi" | "giemsa") => {
    const settings = { outFolder: join(folder, stain), cells: 100, fields: 10, prevalence: 0.3, seed: 1, side: 112 };
    const { manifest } = await synthesizeDataset({ ...settings, stain }, ignoreProgress);
    return (await readCells(manifest)).map(({ path }) => path);
  };
  return [
    ["blood cells in colour", blood],
    ["blood cells in grey", await changedImages(folder, "blood grey", some, resized)],
    [
      "blood cells in grey, inverted",
      await changedImages(folder, "blood inverted", some, (path) => resized(path).negate()),
    ],
    ["drawn cells, Giemsa", await drawn("giemsa")],
    ["drawn cells, DAPI", await drawn("dapi")],
    ["whole fields", fields.map((name) => join(data, "fields/hatch/images", name))],
    ["text", await drawnImages(folder, "text", textImage)],
    ["noise", await drawnImages(folder, "noise", noiseImage(128, 60))],
    ["blank with slight noise", await drawnImages(folder, "blank", noiseImage(30, 2))],
    ["gradients", await drawnImages(folder, "gradients", gradientImage)],
  ];
}

type Change = (path: string) => ReturnType<typeof sharp>;

const resized: Change = (path) => sharp(path).resize(SIDE, SIDE).greyscale();

/** A change of a cell each; blur in pixels of 224. */
const CHANGES: readonly (readonly [string, Change])[] = [
  [
    "cells in blue",
    (path) =>
      resized(path)
        .toColourspace("srgb")
        .recomb([
          [0, 0, 0],
          [0, 0, 0],
          [1, 0, 0],
        ]),
  ],
  ["cells inverted", (path) => resized(path).negate()],
  [
    "a third of a cell",
    (path) =>
      sharp(path)
        .resize(SIDE * 3, SIDE * 3)
        .extract({ left: SIDE, top: SIDE, width: SIDE, height: SIDE }),
  ],
  ["overexposed fourfold", (path) => resized(path).linear(4, 0)],
  [
    "at a sixth of their size",
    (path) => sharp(path).resize(37, 37).extend({ top: 93, bottom: 94, left: 93, right: 94, background: "#0a0a0a" }),
  ],
  ...BLURS_PX.map((sigma) => [`blurred by ${sigma} px`, (path: string) => resized(path).blur(sigma)] as const),
];

function changedImages(folder: string, name: string, paths: readonly string[], change: Change): Promise<string[]> {
  return writtenImages(
    join(folder, name),
    paths.map((path) => change(path).png().toBuffer()),
  );
}

type Drawing = (stream: RandomStream) => Promise<Uint8Array>;

function drawnImages(folder: string, name: string, draw: Drawing): Promise<string[]> {
  const drawn = Array.from({ length: 30 }, (_, number) => draw(new RandomStream(`${name} ${number}`)));
  return writtenImages(join(folder, name), drawn);
}

async function writtenImages(into: string, images: readonly Promise<Uint8Array>[]): Promise<string[]> {
  await mkdir(into, { recursive: true });
  return Promise.all(
    images.map(async (image, number) => {
      const path = join(into, `${number}.png`);
      await writeFileAtomically(path, await image);
      return path;
    }),
  );
}

const greyImage = (value: (x: number, y: number) => number) => {
  const clamped = (_: unknown, at: number) => Math.min(255, Math.max(0, value(at % SIDE, Math.floor(at / SIDE))));
  return encodePng({ width: SIDE, height: SIDE, channels: 1, data: Uint8Array.from({ length: SIDE * SIDE }, clamped) });
};

const noiseImage =
  (mean: number, deviation: number): Drawing =>
  (stream) =>
    greyImage(() => mean + stream.normal(0, deviation));

const gradientImage: Drawing = (stream) => {
  const [angle, from, to] = [stream.uniform(0, 2 * Math.PI), stream.uniform(0, 120), stream.uniform(135, 255)];
  return greyImage((x, y) => {
    const along = ((x - SIDE / 2) * Math.cos(angle) + (y - SIDE / 2) * Math.sin(angle)) / SIDE + 0.5;
    return from + (to - from) * along;
  });
};

const textImage: Drawing = async (stream) => {
  const dark = stream.uniform(0, 1) < 0.5;
  const lines = Array.from({ length: 9 }, (_, line) => {
    const words = Array.from({ length: 4 }, () => Math.floor(stream.uniform(1e3, 1e7)).toString(36)).join(" ");
    return `<text x="8" y="${24 + 23 * line}" font-family="sans-serif" font-size="18" fill="${dark ? "#eee" : "#111"}">${words}</text>`;
  });
  const page = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><rect width="100%" height="100%" fill="${dark ? "#111" : "#fff"}"/>${lines.join("")}</svg>`;
  return sharp(Buffer.from(page)).png().toBuffer();
};

/** Groups of hatch, fifths of the fields of bbbc039 and either source, left out of statistics and threshold. */
async function reportLeftOut(model: ModelFile, cells: readonly Cell[], threads: number): Promise<void> {
  const used = cells.filter(
    ({ label, columns }, at) => label !== "ambiguous" && (columns.source === "hatch" || at % 10 === 0),
  );
  const { weighed } = partsOf(model);
  const share = model.metadata.unfamiliarity?.quantile ?? 1;
  const measuring = { session: { device: "cpu" as const, threads }, stage: "", reportProgress: ignoreProgress };
  const measured: MeasuredCell[] = [];
  let at = 0;
  for await (const { features } of measureCells(weighed, used, measuring))
    measured.push({ cell: used[at++] as Cell, features: features.slice() });

  const sourceOf = ({ cell }: MeasuredCell) => cell.columns.source ?? "";
  const flaggedOf = (isLeftOut: (cell: MeasuredCell) => boolean) => {
    const stream = new RandomStream("left out");
    const kept = measured.filter((cell) => !isLeftOut(cell));
    const training = stream.shuffle(kept.filter(({ cell }) => cell.split === "train"));
    const validation = kept.filter(({ cell }) => cell.split === "val");
    const drawn = drawEvenly(training, sourceOf, FAMILIAR_CELLS.most).map(({ features }) => features);
    const statistics = fitFamiliarity(drawn, stream.fork("components"));
    const distances = (of: readonly MeasuredCell[]) => of.map(({ features }) => unfamiliarityOf(features, statistics));
    const threshold = familiarThreshold(distances(validation), validation.map(sourceOf), share);
    const leftOut = measured.filter(isLeftOut);
    return { flagged: distances(leftOut).filter((own) => own > threshold).length, of: leftOut.length };
  };
  const report = (name: string, isLeftOut: (cell: MeasuredCell) => boolean) => {
    const { flagged, of } = flaggedOf(isLeftOut);
    console.log(`| ${name} | ${flagged} of ${of} (${((100 * flagged) / of).toFixed(1)} %) |`);
  };
  const groups = new Set(measured.filter((cell) => sourceOf(cell) === "hatch").map(({ cell }) => cell.columns.group));
  for (const group of [...groups].sort()) report(`left out: ${group}`, ({ cell }) => cell.columns.group === group);
  const fields = [
    ...new Set(measured.filter((cell) => sourceOf(cell) === "bbbc039").map(({ cell }) => cell.field)),
  ].sort();
  for (let fifth = 0; fifth < 5; fifth++)
    report(
      `left out: fifth ${fifth + 1} of the fields of bbbc039`,
      (cell) => sourceOf(cell) === "bbbc039" && fields.indexOf(cell.cell.field) % 5 === fifth,
    );
  for (const source of ["bbbc039", "hatch"]) report(`left out: ${source}`, (cell) => sourceOf(cell) === source);
}
