import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { unfamiliarityOf } from "../networks/unfamiliarity.ts";
import { drawEvenly, familiarThreshold, fitFamiliarity } from "./familiarity.ts";

/** Features whose square roots are `centre`: the first four vary together by 1, every one by itself by 0.5. */
function cellsAround(centre: readonly number[], count: number, name: string): Float32Array[] {
  const stream = new RandomStream(name);
  return Array.from({ length: count }, () => {
    const along = stream.normal(0, 1);
    const roots = centre.map((own, at) => own + (at < 4 ? along : 0) + stream.normal(0, 0.5));
    return Float32Array.from(roots, (root) => root ** 2);
  });
}

const CENTRE = [10, 12, 9, 14, 11, 10, 13, 12];
const statistics = fitFamiliarity(cellsAround(CENTRE, 600, "training"), new RandomStream("components"));

test("means are those of the roots, and the component is the direction in which the cells spread", () => {
  CENTRE.forEach((own, at) => {
    expect(statistics.mean[at]).toBeCloseTo(own, 0);
  });
  const rank = statistics.components.length / CENTRE.length;
  const first = CENTRE.map((_, at) => statistics.components[at * rank] as number);
  const length = Math.hypot(...first);
  first.forEach((own, at) => {
    expect(own / length / Math.sign(first[0] as number)).toBeCloseTo(at < 4 ? 1 / 2 : 0, 1);
  });
  expect([...statistics.components].map(Math.f16round)).toEqual([...statistics.components]);
});

test("other cells of the same kind lie about 1 away, by the square", () => {
  const distances = cellsAround(CENTRE, 400, "others").map((own) => unfamiliarityOf(own, statistics));
  const meanSquare = distances.reduce((sum, distance) => sum + distance ** 2, 0) / distances.length;
  expect(meanSquare).toBeGreaterThan(0.8);
  expect(meanSquare).toBeLessThan(1.25);
});

test("so far along the spread is familiar, as far across it is not", () => {
  const at = (changes: readonly number[]) =>
    unfamiliarityOf(
      Float32Array.from(CENTRE, (own, channel) => (own + (changes[channel] ?? 0)) ** 2),
      statistics,
    );
  expect(at([2, 2, 2, 2])).toBeLessThan(0.9);
  expect(at([2, 2, -2, -2])).toBeGreaterThan(1.4);
});

test("a channel that never fires does not rule the distance", () => {
  const cells = cellsAround(CENTRE, 200, "silent").map((own) => Float32Array.from([...own, 0]));
  const silent = fitFamiliarity(cells, new RandomStream("components"));
  const cell = Float32Array.from([...CENTRE.map((own) => own ** 2), 0.01]);
  expect(unfamiliarityOf(cell, silent)).toBeLessThan(1.5);
});

test("the same cells and seed give the same bytes", () => {
  const again = fitFamiliarity(cellsAround(CENTRE, 600, "training"), new RandomStream("components"));
  expect(again).toEqual(statistics);
});

test("a draw takes of every part alike, small ones whole", () => {
  const items = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"];
  expect(drawEvenly(items, (item) => item[0] as string, 5)).toEqual(["a1", "b1", "c1", "a2", "b2"]);
  expect(drawEvenly(items, () => "all", 3)).toEqual(["a1", "a2", "a3"]);
  expect(drawEvenly(items, (item) => item[0] as string, 99).toSorted()).toEqual(items);
});

test("a threshold keeps the share of every part: that of the part that reaches farthest", () => {
  const values = [...Array.from({ length: 100 }, (_, at) => at + 1), 500, 600, 700, 800];
  const parts = values.map((_, at) => (at < 100 ? "one" : "other"));
  expect(
    familiarThreshold(
      values,
      values.map(() => ""),
      0.5,
    ),
  ).toBe(52);
  expect(familiarThreshold(values, parts, 0.5)).toBe(600);
  expect(familiarThreshold(values.slice(0, 100), parts, 0.99)).toBe(99);
});
