import { expect, test } from "vitest";
import type { RasterImage } from "../images/raster.ts";
import { applyAugmentation } from "./augment.ts";

const grey: RasterImage = { width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 60, 100, 240) };
const colour: RasterImage = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 128, 64, 0, 50, 200) };

test("brightness multiplies and clips (by hand)", () => {
  expect([...applyAugmentation(grey, { brightness: { factor: 1.25 } }).data]).toEqual([0, 75, 125, 255]);
});

test("contrast stretches differences from the image's mean of 100 (by hand)", () => {
  expect([...applyAugmentation(grey, { contrast: { factor: 1.5 } }).data]).toEqual([0, 40, 100, 255]);
  expect([...applyAugmentation(grey, { contrast: { factor: 0 } }).data]).toEqual([100, 100, 100, 100]);
});

test("gamma raises v / 255 to its exponent (by hand: 255 (60 / 255)^2 = 14.1)", () => {
  expect([...applyAugmentation(grey, { gamma: { exponent: 2 } }).data]).toEqual([0, 14, 39, 226]);
});

test("stain multiplies each channel's optical density: doubling it squares the transmission; white stays white", () => {
  const { data } = applyAugmentation(colour, { stain: { strength: [2, 2, 0.5] } });
  expect([...data]).toEqual([255, 64, 128, 0, 10, 226]);
});

test("contrast about the mean comes before brightness, rounded once (by hand)", () => {
  // Mean 100: 0, 60, 100, 240 -> 50, 80, 100, 170 -> times 0.505: 25.25, 40.4, 50.5, 85.85.
  const { data } = applyAugmentation(grey, { contrast: { factor: 0.5 }, brightness: { factor: 0.505 } });
  expect([...data]).toEqual([25, 40, 51, 86]);
});

test("noise has the standard deviation asked for, mean 0, and is independent between channels", () => {
  const image: RasterImage = { width: 100, height: 100, channels: 3, data: new Uint8Array(30_000).fill(128) };
  const { data } = applyAugmentation(image, { noise: { standardDeviation: 6, seed: 1 } });
  const errors = [...data].map((value) => value - 128);
  const mean = errors.reduce((sum, value) => sum + value, 0) / errors.length;
  const deviation = Math.sqrt(errors.reduce((sum, value) => sum + value ** 2, 0) / errors.length);
  const covariance = errors.reduce((sum, value, index) => sum + value * (errors[index + 1] ?? 0), 0) / errors.length;
  expect(Math.abs(mean)).toBeLessThan(0.6);
  expect(deviation).toBeGreaterThan(5.8);
  expect(deviation).toBeLessThan(6.2);
  expect(Math.abs(covariance)).toBeLessThan(1);
});

test("blurring a point gives the Gaussian, in every channel: its sum kept, its values by the formula", () => {
  const side = 31;
  const data = new Uint8Array(side * side * 3);
  data.fill(255, 3 * (15 * side + 15), 3 * (15 * side + 15) + 3);
  const blurred = applyAugmentation({ width: side, height: side, channels: 3, data }, { blur: { sigmaPixels: 1.2 } });
  const gaussian = (distance: number): number => Math.exp(-(distance ** 2) / (2 * 1.2 ** 2));
  let norm = 0;
  for (let offset = -10; offset <= 10; offset++) norm += gaussian(offset);
  for (const [x, y] of [
    [0, 0],
    [1, 0],
    [0, 1],
    [2, 1],
    [3, 0],
  ] as const)
    for (const channel of [0, 1, 2])
      expect(blurred.data[3 * ((15 + y) * side + 15 + x) + channel]).toBe(
        Math.round((255 * gaussian(x) * gaussian(y)) / norm ** 2),
      );
});

test("blurring keeps a constant image, borders included", () => {
  const image: RasterImage = { width: 5, height: 3, channels: 1, data: new Uint8Array(15).fill(201) };
  expect([...applyAugmentation(image, { blur: { sigmaPixels: 2.5 } }).data]).toEqual(new Array<number>(15).fill(201));
});
