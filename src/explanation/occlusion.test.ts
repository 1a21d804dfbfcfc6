import { expect, test } from "vitest";
import type { RasterImage } from "../images/raster.ts";
import { cover, OCCLUSION, occlude } from "./occlusion.ts";

const SIDE = 50;

/** A dark image with one bright square of 5 x 5 pixels in the middle of the place (column, row) of a 10 x 10 grid. */
function spot(column: number, row: number, channels: 1 | 3 = 1): RasterImage {
  const data = new Uint8Array(SIDE * SIDE * channels);
  for (let y = 0; y < 5; y++)
    for (let x = 0; x < 5; x++)
      data.fill(
        200,
        ((5 * row + y) * SIDE + 5 * column + x) * channels,
        ((5 * row + y) * SIDE + 5 * column + x + 1) * channels,
      );
  return { width: SIDE, height: SIDE, channels, data };
}

/** A "model" that sees brightness: the share of the spot that is left. */
const brightness = async (images: readonly RasterImage[]) =>
  images.map(({ data, channels }) => data.reduce((sum, value) => sum + value, 0) / (25 * 200 * channels));

test.each([1, 3] as const)(
  "the drop is 1 where the whole spot is covered and 0 far from it (%i channels)",
  async (channels) => {
    const { baseline, drops, strongest } = await occlude(spot(7, 2, channels), brightness, 0.5);
    expect(baseline).toBe(1);
    const drop = (column: number, row: number) => drops.data[10 * row + column];
    expect([drop(7, 2), drop(2, 7), drop(7, 5), drop(4, 2)]).toEqual([1, 0, 0, 0]);
    expect(strongest.x).toBeCloseTo(0.75, 12);
    expect(strongest.y).toBeCloseTo(0.25, 12);
    expect(strongest.probability).toBe(0);
  },
);

test("for a negative call the strongest place is where covering raises the probability most", async () => {
  const inverse = async (images: readonly RasterImage[]) =>
    (await brightness(images)).map((value) => 0.4 - 0.3 * value);
  const { baseline, strongest } = await occlude(spot(3, 8), inverse, 0.5);
  expect(baseline).toBeCloseTo(0.1, 12);
  expect([strongest.x, strongest.y]).toEqual([0.35, 0.85]);
  expect(strongest.probability).toBeCloseTo(0.4, 6);
});

test("100 covered images and the image itself are asked about, in batches", async () => {
  const asked: number[] = [];
  await occlude(
    spot(0, 0),
    async (images) => {
      asked.push(images.length);
      return images.map(() => 0.5);
    },
    0.5,
  );
  expect(asked).toEqual([1, 25, 25, 25, 25]);
  expect(OCCLUSION.places ** 2).toBe(100);
});

test("a covered square shows the mean of its border, and the rest stays (by hand)", () => {
  const image = {
    width: 4,
    height: 4,
    channels: 1,
    data: Uint8Array.from({ length: 16 }, (_, index) => 10 * index),
  } as const;
  // The middle 2 x 2: all border, of 50, 60, 90, 100.
  const { data } = cover(image, 0.5, 0.5, 0.5);
  expect([...data]).toEqual([0, 10, 20, 30, 40, 75, 75, 70, 80, 75, 75, 110, 120, 130, 140, 150]);
  expect(image.data[5]).toBe(50);
});
