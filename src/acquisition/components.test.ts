import { expect, test } from "vitest";
import { connectedComponents } from "./components.ts";

test("touching regions of different value are apart, pixels that touch at a corner are together (by hand)", () => {
  // biome-ignore format: a picture
  const values = [
    5, 5, 0, 0,
    0, 7, 7, 0,
    5, 0, 0, 7,
  ];
  const { mask, valueOfRegion } = connectedComponents(4, 3, values);
  // biome-ignore format: a picture
  expect([...mask.data]).toEqual([
    1, 1, 0, 0,
    0, 2, 2, 0,
    3, 0, 0, 2,
  ]);
  expect([...valueOfRegion]).toEqual([
    [1, 5],
    [2, 7],
    [3, 5],
  ]);
});
