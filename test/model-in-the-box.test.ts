import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { RandomStream } from "../src/core/random.ts";
import type { Cell } from "../src/dataset/cell.ts";
import { readManifest } from "../src/dataset/manifest.ts";
import { areaUnderRoc } from "../src/evaluation/roc.ts";
import { MODEL_IN_THE_BOX, type ModelFile, readModel } from "../src/scoring/model.ts";
import { type CellScore, scoreCells } from "../src/scoring/score-cells.ts";
import { askPlainly } from "./scoring/tiny-model.ts";

const DATA = join(import.meta.dirname, "../../shared/data");

let model: ModelFile;
beforeAll(async () => {
  model = await readModel(MODEL_IN_THE_BOX);
});

test("the file is below 6 MB and says what its card says: calibration, operating point, check, metrics", async () => {
  expect((await stat(MODEL_IN_THE_BOX)).size).toBeLessThan(6_000_000);
  const { calibration, unfamiliarity, operating_point, metrics } = model.metadata;
  expect(calibration).toMatchObject({ method: "isotonic", cells: 3341, positives: 239 });
  const { none, isotonic } = calibration.measured ?? {};
  expect(none?.brier).toBeCloseTo(0.0684, 4);
  expect(isotonic?.brier).toBeCloseTo(0.0194, 4);
  expect(none?.ece).toBeCloseTo(0.2128, 4);
  expect(isotonic?.ece).toBeCloseTo(0.0061, 4);
  expect(unfamiliarity).toMatchObject({ quantile: 0.99, chosen_on: "3341 validation cells, every source alike" });
  expect(unfamiliarity?.threshold).toBeCloseTo(1.469, 3);
  expect(operating_point).toMatchObject({
    rule: "balanced-accuracy",
    chosen_on: "3341 validation cells, 239 of them positive, every source alike",
  });
  expect(operating_point.threshold).toBeCloseTo(0.12, 3);
  expect(metrics).toMatchObject({ validation_cells: 3341, validation_positives: 239 });
});

test("noise and a black page with white stripes are unfamiliar to it", async () => {
  const stream = new RandomStream("noise");
  const image = (value: (x: number, y: number) => number) => ({
    ...{ width: 224, height: 224, channels: 1 as const },
    data: Uint8Array.from({ length: 224 * 224 }, (_, pixel) => value(pixel % 224, Math.floor(pixel / 224))),
  });
  const images = [image(() => stream.integer(256)), image((_, y) => (y % 28 < 9 ? 255 : 0))];
  const { floats } = await askPlainly(model.bytes, images);
  expect(Math.min(...floats("unfamiliarity"))).toBeGreaterThan(model.metadata.unfamiliarity?.threshold ?? 0);
});

describe.skipIf(!existsSync(DATA))("on real images (skipped without ../shared/data)", () => {
  test("95 % of stained blood cells and at most 5 % of the cells of either source are flagged", async () => {
    const blood = await scored(join(DATA, "rgb_blood/manifest.csv"), (_, place) => place % 3 === 0);
    const cells = join(DATA, "cells/manifest.csv");
    const ofSource = (source: string, step: number) =>
      scored(cells, ({ columns, split, label }, place) => {
        const isWanted = columns.source === source && split === "val" && label !== "ambiguous";
        return isWanted && place % step === 0;
      });
    const [hatch, bbbc039] = [await ofSource("hatch", 1), await ofSource("bbbc039", 24)];
    expect([blood.length, hatch.length, bbbc039.length].map((count) => count >= 100)).toEqual([true, true, true]);
    expect(flagged(blood)).toBeGreaterThanOrEqual(0.95);
    expect(flagged(hatch)).toBeLessThanOrEqual(0.05);
    expect(flagged(bbbc039)).toBeLessThanOrEqual(0.05);
    // The card's AUC of hatch, which no calibration changes.
    const positives = hatch.map(({ cell }) => cell.label === "mn");
    expect(
      areaUnderRoc(
        hatch.map(({ score }) => score.probability),
        positives,
      ),
    ).toBeCloseTo(0.975, 3);
  }, 300_000);
});

/** The scores of the rows of a manifest that are wanted. */
async function scored(manifest: string, isWanted: (cell: Cell, place: number) => boolean) {
  const images: { path: string; source: Cell }[] = [];
  let place = 0;
  for await (const cell of readManifest(manifest)) {
    if (isWanted(cell, place++)) images.push({ path: cell.path, source: cell });
  }
  const scores: { cell: Cell; score: CellScore }[] = [];
  for await (const result of scoreCells(model, images, { session: { device: "cpu", threads: 2 } })) {
    if ("score" in result) scores.push({ cell: result.source, score: result.score });
  }
  return scores;
}

function flagged(scores: readonly { readonly score: CellScore }[]): number {
  return scores.filter(({ score }) => score.quality !== "ok").length / scores.length;
}
