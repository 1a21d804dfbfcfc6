import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askPlainly, TINY_SIDE, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { encodePng } from "../images/encode.ts";
import { type ScoredCell, scoreCells } from "./score-cells.ts";

const NAMES = Array.from({ length: 7 }, (_, index) => `cell-${index}.png`);
const model = { bytes: tinyModel(1) };
const session = { device: "cpu", threads: 1 } as const;

let folder: string;
let expected: number[];
beforeAll(async () => {
  folder = await tinyCells(NAMES);
  await writeFile(join(folder, "broken.png"), "no image");
  const images = NAMES.map((_, index) => tinyCell(index));
  expected = (await askPlainly(model.bytes, images)).probability;
});
afterAll(() => rm(folder, { recursive: true }));

const imageOf = (name: string) => ({ path: join(folder, name), source: name });

async function scoreAll(names: readonly string[], batch: number): Promise<ScoredCell<string>[]> {
  const scored: ScoredCell<string>[] = [];
  for await (const cell of scoreCells(model, names.map(imageOf), { session, batch })) scored.push(cell);
  return scored;
}

test.each([1, 3, 32])(
  "cells come back in their order with the numbers of plain onnxruntime (batches of %i)",
  async (batch) => {
    const scored = await scoreAll(NAMES, batch);
    expect(scored.map(({ source }) => source)).toEqual(NAMES);
    scored.forEach((cell, index) => {
      expect("score" in cell && cell.score.probability).toBeCloseTo(expected[index] as number, 5);
    });
  },
);

test("a cell that cannot be read keeps its place, with the error's code; a batch of such cells too", async () => {
  const scored = await scoreAll(["broken.png", "cell-0.png", "absent.png", "cell-1.png"], 2);
  expect(scored.map((cell) => ("error" in cell ? cell.error.code : "scored"))).toEqual([
    "IMAGE_FORMAT_UNKNOWN",
    "scored",
    "IMAGE_NOT_FOUND",
    "scored",
  ]);
  const none = await scoreAll(["broken.png", "absent.png"], 2);
  expect(none.map((cell) => "error" in cell)).toEqual([true, true]);
});

test("attention maps, size and quality travel with each cell", async () => {
  const [cell] = await scoreAll(["cell-0.png"], 1);
  if (cell === undefined || !("score" in cell)) throw new Error("not scored");
  expect(cell.score).toMatchObject({ width: 67, height: 67, quality: "ok" });
  expect(Object.keys(cell.score.attention).sort()).toEqual(["attention_5", "attention_6"]);
  const { floats } = await askPlainly(model.bytes, [tinyCell(0)]);
  const map = cell.score.attention.attention_6;
  expect(map).toMatchObject({ height: 3, width: 3 });
  floats("attention_6").forEach((value, place) => {
    expect(map?.data[place]).toBeCloseTo(value, 5);
  });
});

/** Row-major places of the eight orientations of a square, by moving whole rows: independent of views.ts. */
function orientationsOf(side: number): number[][] {
  const rows = Array.from({ length: side }, (_, y) => Array.from({ length: side }, (_, x) => y * side + x));
  const mirrored = (square: number[][]) => square.map((row) => row.toReversed());
  const upsideDown = (square: number[][]) => square.toReversed();
  const transposed = (square: number[][]) => square.map((_, y) => square.map((row) => row[y] as number));
  const flips = [rows, mirrored(rows), upsideDown(rows), upsideDown(mirrored(rows))];
  return [...flips, ...flips.map(transposed)].map((square) => square.flat());
}

test.each([2, 4, 8] as const)("with %i views the score is the mean of plain onnxruntime's over them", async (views) => {
  const scored: ScoredCell<string>[] = [];
  for await (const cell of scoreCells(model, NAMES.map(imageOf), { session, batch: 5, views })) scored.push(cell);
  const turns = orientationsOf(TINY_SIDE).slice(0, views);
  for (const [index, cell] of scored.entries()) {
    const image = tinyCell(index);
    const turned = turns.map((places) => ({ ...image, data: Uint8Array.from(places, (place) => image.data[place]!) }));
    const { probability } = await askPlainly(model.bytes, turned);
    const mean = probability.reduce((sum, value) => sum + value, 0) / views;
    expect("score" in cell && cell.score.probability).toBeCloseTo(mean, 5);
  }
});

test("with all eight views a cell has the same score and the same maps, turned with it, however it lies", async () => {
  const turns = orientationsOf(TINY_SIDE);
  const turnsOfMaps = orientationsOf(3);
  const image = tinyCell(0);
  const scores = [];
  for (const [turn, places] of turns.entries()) {
    const data = Uint8Array.from(places, (place) => image.data[place]!);
    const path = join(folder, `turned-${turn}.png`);
    await writeFile(path, await encodePng({ ...image, data }));
    for await (const cell of scoreCells(model, [{ path, source: turn }], { session, views: 8 }))
      if ("score" in cell) scores.push(cell.score);
  }
  const [first] = scores;
  expect(scores).toHaveLength(8);
  for (const [turn, { probability, attention, evidence }] of scores.entries()) {
    expect(probability).toBeCloseTo(first?.probability as number, 6);
    for (const [map, untouched] of [
      [attention.attention_6, first?.attention.attention_6],
      [evidence, first?.evidence],
    ])
      turnsOfMaps[turn]?.forEach((place, at) => {
        expect(map?.data[at]).toBeCloseTo(untouched?.data[place] as number, 5);
      });
  }
});

test("a cell above the model's threshold is unfamiliar, one that it does not reach is not; without a threshold none is", async () => {
  // All that the last layer sees, as it is: the distance is the root of the features' mean.
  const familiarity = {
    mean: new Float32Array(12),
    scale: new Float32Array(12).fill(1),
    components: new Float32Array(12),
  };
  const bytes = tinyModel(1, {}, familiarity);
  const { floats } = await askPlainly(
    bytes,
    NAMES.map((_, index) => tinyCell(index)),
  );
  const distances = floats("unfamiliarity");
  const threshold = distances.toSorted((one, other) => one - other)[3] as number;
  const qualitiesOf = async (metadata: object) => {
    const qualities: string[] = [];
    for await (const cell of scoreCells({ bytes, metadata }, NAMES.map(imageOf), { session }))
      qualities.push("score" in cell ? cell.score.quality : "none");
    return qualities;
  };
  const check = { quantile: 0.5, fitted_on: "", chosen_on: "" };
  expect(await qualitiesOf({ unfamiliarity: { ...check, threshold: threshold * 1.0001 } })).toEqual(
    distances.map((distance) => (distance > threshold ? "unfamiliar" : "ok")),
  );
  expect(await qualitiesOf({})).toEqual(NAMES.map(() => "ok"));
});

test("the source is read no further ahead than two batches and the images being decoded, however long it is", async () => {
  const [batch, taken] = [4, 20];
  let given = 0;
  const endless = function* () {
    for (;;) {
      given++;
      yield imageOf("cell-0.png");
    }
  };
  let received = 0;
  for await (const _ of scoreCells(model, endless(), { session, batch })) {
    received++;
    expect(given - received).toBeLessThanOrEqual(3 * batch);
    if (received === taken) break;
  }
});

test("a model that is no ONNX file fails at the first cell, with the runtime's words", async () => {
  const scoring = scoreCells({ bytes: new Uint8Array(8) }, [imageOf("cell-0.png")], { session });
  await expect(scoring.next()).rejects.toMatchObject({ code: "SESSION_FAILED" });
});
