import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { drawAppearance, type Stain } from "./appearance.ts";
import { drawCell, type SyntheticCell } from "./draw-cell.ts";
import { maskMicronuclei, maskNuclei } from "./masks.ts";
import { nucleusDistance } from "./nucleus.ts";
import { distanceFrom } from "./outline.ts";
import { drawScene, HARD_CASES, type HardCase, type Scene } from "./scene.ts";

const STAINS: readonly Stain[] = ["giemsa", "dapi"];

interface Request {
  readonly stain: Stain;
  readonly micronuclei: number;
  readonly hardCase?: HardCase;
  readonly side?: number;
}

function draw(seed: number, { stain, micronuclei, hardCase, side = 112 }: Request): SyntheticCell {
  const appearance = drawAppearance(new RandomStream(`look ${seed}`), stain);
  return drawCell(new RandomStream(seed), { appearance, micronuclei, hardCase, side });
}

/** Scenes of both stains, with every hard case and none, and 0 to 3 micronuclei. */
function manyScenes(side: number): Scene[] {
  const cases = [undefined, ...HARD_CASES];
  return Array.from({ length: 96 }, (_, seed) =>
    drawScene(new RandomStream(seed), {
      stain: STAINS[seed % 2] ?? "dapi",
      side,
      micronuclei: Math.floor(seed / 2) % 4,
      hardCase: cases[Math.floor(seed / 8) % cases.length],
    }),
  );
}

function areas(mask: { data: Uint16Array }): number[] {
  const counts: number[] = [];
  for (const instance of mask.data) if (instance > 0) counts[instance - 1] = (counts[instance - 1] ?? 0) + 1;
  return counts;
}

/** Mean of all channels where `inside` holds for the pixel's index. */
function meanWhere({ image }: SyntheticCell, inside: (pixel: number) => boolean): number {
  let [sum, count] = [0, 0];
  for (let index = 0; index < image.data.length; index++)
    if (inside(Math.floor(index / image.channels))) {
      sum += image.data[index] ?? 0;
      count++;
    }
  return sum / count;
}

/** The step across the nuclei's edges, from 1.5 pixels inside to 1.5 outside, relative to that from 6 to 6. */
function edgeSteepness(cell: SyntheticCell): number {
  const nuclei = cell.parameters.scene.cell.nuclei.map(nucleusDistance);
  const distances = Array.from({ length: 112 * 112 }, (_, pixel) =>
    Math.min(...nuclei.map((distance) => distance(pixel % 112, Math.floor(pixel / 112)))),
  );
  const meanAt = (wanted: number): number =>
    meanWhere(cell, (pixel) => Math.abs((distances[pixel] ?? 0) - wanted) < 0.75);
  return (meanAt(-1.5) - meanAt(1.5)) / (meanAt(-6) - meanAt(6));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("a micronucleus covers pi r^2 pixels of the mask: within 3 % from 8 pixels of radius on, and all together", () => {
  let [covered, expected] = [0, 0];
  for (const { cell } of manyScenes(448)) {
    const found = areas(maskMicronuclei(cell, 448));
    expect(found).toHaveLength(cell.micronuclei.length);
    for (const [index, { outline }] of cell.micronuclei.entries()) {
      const area = Math.PI * outline.radius ** 2;
      if (outline.radius >= 8) expect(Math.abs((found[index] ?? 0) / area - 1)).toBeLessThan(0.03);
      covered += found[index] ?? 0;
      expected += area;
    }
  }
  expect(covered / expected).toBeCloseTo(1, 1.7);
});

test("a micronucleus is 1/16 to 1/3 of its cell's smaller nucleus wide, measured on the masks", () => {
  for (const scene of manyScenes(448)) {
    if (scene.cell.nuclei.some(({ buds }) => buds.length > 0)) continue;
    const nuclei = areas(maskNuclei([scene.cell], 448));
    for (const area of areas(maskMicronuclei(scene.cell, 448))) {
      const ratio = Math.sqrt(area / Math.min(...nuclei));
      expect(ratio).toBeGreaterThan((1 / 16) * 0.9);
      expect(ratio).toBeLessThan((1 / 3) * 1.02);
    }
  }
});

test("micronuclei lie in the cytoplasm and in view, clear of every nucleus of their cell and of each other", () => {
  for (const { cell } of manyScenes(224)) {
    const inCytoplasm = distanceFrom(cell.cytoplasm);
    const nuclei = maskNuclei([cell], 224).data;
    const micronuclei = maskMicronuclei(cell, 224);
    for (let pixel = 0; pixel < nuclei.length; pixel++) {
      if (micronuclei.data[pixel] === 0) continue;
      expect(nuclei[pixel]).toBe(0);
      expect(inCytoplasm(pixel % 224, Math.floor(pixel / 224))).toBeLessThan(0);
    }
    for (const { outline } of cell.micronuclei)
      for (const centre of [outline.x, outline.y]) {
        expect(centre - outline.radius).toBeGreaterThanOrEqual(0);
        expect(centre + outline.radius).toBeLessThanOrEqual(223);
      }
    for (const [index, { outline }] of cell.micronuclei.entries())
      for (const other of cell.micronuclei.slice(index + 1))
        expect(Math.hypot(outline.x - other.outline.x, outline.y - other.outline.y)).toBeGreaterThan(
          outline.radius + other.outline.radius,
        );
  }
});

test("a neighbour's micronuclei are drawn but never in the cell's own mask", () => {
  let drawn = 0;
  for (let seed = 0; seed < 30; seed++) {
    const stain = STAINS[seed % 2] ?? "dapi";
    const scene = drawScene(new RandomStream(seed), { stain, side: 112, micronuclei: 0, hardCase: "neighbours" });
    drawn += scene.neighbours.flatMap(({ micronuclei }) => micronuclei).length;
    expect(maskMicronuclei(scene.cell, 112).data.every((value) => value === 0)).toBe(true);
  }
  expect(drawn).toBeGreaterThan(10);
});

test("the nucleus mask numbers the cell's own nuclei first, then its neighbours'", () => {
  for (let seed = 0; seed < 6; seed++) {
    const { nucleusMask, parameters } = draw(seed, { stain: "giemsa", micronuclei: 0, hardCase: "neighbours" });
    for (const [index, { outline }] of parameters.scene.cell.nuclei.entries())
      expect(nucleusMask.data[Math.round(outline.y) * 112 + Math.round(outline.x)]).toBe(index + 1);
    const own = parameters.scene.cell.nuclei.length;
    const all = own + parameters.scene.neighbours.flatMap(({ nuclei }) => nuclei).length;
    expect(Math.max(...nucleusMask.data)).toBeLessThanOrEqual(all);
    expect(parameters.scene.neighbours.length).toBeGreaterThan(0);
  }
});

test("chromatin is darker than its surroundings in Giemsa and brighter in DAPI, nuclei and micronuclei alike", () => {
  for (const stain of STAINS)
    for (let seed = 0; seed < 6; seed++) {
      const cell = draw(seed, { stain, micronuclei: 3 });
      const cytoplasm = distanceFrom(cell.parameters.scene.cell.cytoplasm);
      const nuclei = meanWhere(cell, (pixel) => cell.nucleusMask.data[pixel] !== 0);
      const micronuclei = meanWhere(cell, (pixel) => cell.micronucleusMask.data[pixel] !== 0);
      const around = meanWhere(
        cell,
        (pixel) =>
          cell.nucleusMask.data[pixel] === 0 &&
          cell.micronucleusMask.data[pixel] === 0 &&
          cytoplasm(pixel % 112, Math.floor(pixel / 112)) < -2,
      );
      const sign = stain === "giemsa" ? -1 : 1;
      expect(sign * (nuclei - around)).toBeGreaterThan(30);
      expect(sign * (micronuclei - around)).toBeGreaterThan(5);
      expect(cell.image.channels).toBe(stain === "giemsa" ? 3 : 1);
    }
});

test("Giemsa nuclei are purple on a light background: green is absorbed most, blue least", () => {
  for (let seed = 0; seed < 6; seed++) {
    const { image, nucleusMask } = draw(seed, { stain: "giemsa", micronuclei: 0 });
    const mean = [0, 1, 2].map((channel) =>
      average(
        [...image.data].filter((_, index) => index % 3 === channel && nucleusMask.data[Math.floor(index / 3)] === 1),
      ),
    );
    const [red = 0, green = 0, blue = 0] = mean;
    expect(green).toBeLessThan(red);
    expect(red).toBeLessThan(blue);
    expect(Math.min(...image.data.subarray(0, 3))).toBeGreaterThan(150);
  }
});

test("debris is darker than any nucleus in most Giemsa pictures, and adds nothing to the masks", () => {
  let darker = 0;
  for (let seed = 0; seed < 10; seed++) {
    const clean = draw(seed, { stain: "giemsa", micronuclei: 0 });
    const dirty = draw(seed, { stain: "giemsa", micronuclei: 0, hardCase: "debris" });
    expect(dirty.micronucleusMask.data.every((value) => value === 0)).toBe(true);
    expect(dirty.parameters.scene.debris.length).toBeGreaterThan(0);
    if (Math.min(...dirty.image.data) < Math.min(...clean.image.data) - 5) darker++;
  }
  expect(darker).toBeGreaterThanOrEqual(6);
});

test("a pale cell shows less cytoplasm (Giemsa) or less light (DAPI); a blurred cell has softer edges", () => {
  for (const stain of STAINS) {
    const contrast = (cell: SyntheticCell): number => {
      const { cytoplasm, nuclei } = cell.parameters.scene.cell;
      const shape = distanceFrom(stain === "giemsa" ? cytoplasm : (nuclei[0]?.outline ?? cytoplasm));
      const distances = Array.from({ length: 112 * 112 }, (_, pixel) => shape(pixel % 112, Math.floor(pixel / 112)));
      const inside = meanWhere(cell, (pixel) => {
        const wanted = stain === "giemsa" ? cell.nucleusMask.data[pixel] === 0 : true;
        return wanted && (distances[pixel] ?? 0) < -4;
      });
      return Math.abs(inside - meanWhere(cell, (pixel) => (distances[pixel] ?? 0) > 6));
    };
    const seeds = [0, 1, 2, 3, 4];
    const usual = seeds.map((seed) => draw(seed, { stain, micronuclei: 0 }));
    const pale = seeds.map((seed) => draw(seed, { stain, micronuclei: 0, hardCase: "pale" }));
    const blurred = seeds.map((seed) => draw(seed, { stain, micronuclei: 0, hardCase: "blur" }));
    expect(average(pale.map(contrast))).toBeLessThan(0.65 * average(usual.map(contrast)));
    expect(average(blurred.map(edgeSteepness))).toBeLessThan(0.75 * average(usual.map(edgeSteepness)));
  }
});

test("a bud enlarges its nucleus by about its own part outside, and is no micronucleus", () => {
  for (let seed = 0; seed < 12; seed++) {
    const { cell } = drawScene(new RandomStream(seed), { stain: "dapi", side: 224, micronuclei: 0, hardCase: "bud" });
    const [budded] = cell.nuclei;
    if (!budded) throw new Error("A cell has a nucleus.");
    expect(budded.buds).toHaveLength(1);
    const [withBud = 0] = areas(maskNuclei([cell], 224));
    const [without = 0] = areas(maskNuclei([{ ...cell, nuclei: [{ ...budded, buds: [] }] }], 224));
    const bud = Math.PI * (budded.buds[0]?.radius ?? 0) ** 2;
    expect(withBud - without).toBeGreaterThan(0.4 * bud);
    expect(withBud - without).toBeLessThan(1.6 * bud);
    expect(cell.micronuclei).toEqual([]);
  }
});

test("same seed, same bytes; another seed, another cell; every hard case and side is drawn", () => {
  for (const stain of STAINS) {
    const request: Request = { stain, micronuclei: 2, hardCase: "debris" };
    expect(draw(4, request)).toEqual(draw(4, request));
    expect(draw(5, request).image.data).not.toEqual(draw(4, request).image.data);
    for (const hardCase of HARD_CASES)
      expect(draw(1, { stain, micronuclei: 1, hardCase }).parameters.hardCase).toBe(hardCase);
    for (const side of [48, 96, 224]) {
      const { image } = draw(2, { stain, micronuclei: 3, side });
      expect(image.data).toHaveLength(side * side * image.channels);
    }
  }
});

test("the same stream draws the same shapes at twice the size", () => {
  const [small, large] = [112, 224].map((side) => draw(8, { stain: "giemsa", micronuclei: 1, side }));
  const { cell } = small?.parameters.scene ?? {};
  const { cell: twice } = large?.parameters.scene ?? {};
  expect(twice?.nuclearDiameter).toBeCloseTo(2 * (cell?.nuclearDiameter ?? 0), 9);
  expect(twice?.micronuclei[0]?.outline.radius).toBeCloseTo(2 * (cell?.micronuclei[0]?.outline.radius ?? 0), 9);
});
