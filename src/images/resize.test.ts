import fc from "fast-check";
import library from "sharp";
import { expect, test } from "vitest";
import { encodePng } from "./encode.ts";
import type { RasterImage } from "./raster.ts";
import { prepareCell, resizeImage } from "./resize.ts";

function image(width: number, height: number, channels: 1 | 3, valueAt: (x: number, y: number, c: number) => number) {
  const data = Uint8Array.from({ length: width * height * channels }, (_, index) => {
    const pixel = Math.floor(index / channels);
    return valueAt(pixel % width, Math.floor(pixel / width), index % channels);
  });
  return { width, height, channels, data } satisfies RasterImage;
}

function mirrored({ width, height, channels, data }: RasterImage): RasterImage {
  return image(width, height, channels, (x, y, c) => data[(y * width + width - 1 - x) * channels + c]!);
}

function transposed({ width, height, channels, data }: RasterImage): RasterImage {
  return image(height, width, channels, (x, y, c) => data[(x * width + y) * channels + c]!);
}

test("an edge doubled in width, by hand: k(.75) + k(1.75) = .203125 and k(.25) + k(1.25) = .796875 of 255", () => {
  const edge = image(6, 1, 1, (x) => (x < 3 ? 0 : 255));
  expect([...resizeImage(edge, 12, 1).data]).toEqual([0, 0, 0, 0, 0, 52, 203, 255, 255, 255, 255, 255]);
});

test("a ramp stays a ramp: 8 a pixel becomes 4 a pixel, shifted by a quarter of an input pixel", () => {
  const doubled = resizeImage(
    image(16, 2, 1, (x) => 8 * x),
    32,
    4,
  );
  for (let y = 0; y < 4; y++)
    for (let x = 4; x < 28; x++) expect(doubled.data[y * 32 + x]).toBe(8 * ((x + 0.5) / 2 - 0.5));
});

test("shrinking looks at every pixel: the mean of random images stays within one grey value", () => {
  const noise = image(90, 90, 1, (x, y) => (x * 7919 + y * 104_729 + x * y * 31) % 256);
  const mean = ({ data }: RasterImage) => data.reduce((sum, value) => sum + value, 0) / data.length;
  expect(Math.abs(mean(resizeImage(noise, 9, 10)) - mean(noise))).toBeLessThan(1);
});

test("a constant image stays constant at every size", () => {
  const size = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(size, size, size, size, fc.integer({ min: 0, max: 255 }), (w, h, newW, newH, value) => {
      const resized = resizeImage(
        image(w, h, 3, () => value),
        newW,
        newH,
      );
      expect([resized.width, resized.height, resized.data.length]).toEqual([newW, newH, newW * newH * 3]);
      expect(resized.data.every((found) => found === value)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("colours do not mix: each channel is resized as if alone", () => {
  const channel = [
    (x: number, y: number) => (x * 20 + y) % 256,
    () => 9,
    (x: number, y: number) => (x * y * 3) % 256,
  ] as const;
  const colour = resizeImage(
    image(12, 10, 3, (x, y, c) => channel[c]!(x, y)),
    17,
    5,
  );
  for (const [c, valueAt] of channel.entries()) {
    const alone = resizeImage(image(12, 10, 1, valueAt), 17, 5);
    expect([...alone.data]).toEqual([...colour.data.filter((_, index) => index % 3 === c)]);
  }
});

test.each([
  [23, 31],
  [5, 7],
])("a mirrored or transposed image gives the mirrored or transposed result, to one grey value (to %i x %i)", (w, h) => {
  const drawn = image(12, 14, 1, (x, y) => (x * 37 + y * 59 + x * y) % 256);
  const resized = resizeImage(drawn, w, h);
  const close = (a: RasterImage, b: RasterImage) =>
    a.data.every((value, index) => Math.abs(value - b.data[index]!) <= 1);
  expect(close(resizeImage(mirrored(drawn), w, h), mirrored(resized))).toBe(true);
  expect(close(resizeImage(transposed(drawn), h, w), transposed(resized))).toBe(true);
});

test("libvips' bicubic reduction of a drawn cell agrees to 2 grey values (it is not centred where it enlarges)", async () => {
  const disc = image(112, 112, 1, (x, y) => 220 / (1 + Math.exp(Math.hypot(x - 50, y - 60) - 30)) + 20);
  const raw = { width: 112, height: 112, channels: 1 } as const;
  const pipeline = library(disc.data, { raw }).resize(60, 50, { kernel: "cubic", fit: "fill" });
  const expected = await pipeline.toColourspace("b-w").raw().toBuffer();
  const differences = resizeImage(disc, 60, 50).data.map((value, index) => Math.abs(value - expected[index]!));
  expect(Math.max(...differences)).toBeLessThanOrEqual(2);
});

test("an image that has the size already is returned unchanged", () => {
  const drawn = image(7, 9, 3, (x, y, c) => x + y + c);
  expect(resizeImage(drawn, 7, 9)).toBe(drawn);
});

test.each([
  [0, 5],
  [5, 1.5],
  [Number.NaN, 5],
])("a size of %s x %s is a programmer's mistake", (width, height) => {
  expect(() =>
    resizeImage(
      image(2, 2, 1, () => 0),
      width,
      height,
    ),
  ).toThrow("whole width and height");
});

test("prepareCell gives 224 x 224 and keeps one channel or three", async () => {
  const grey = image(112, 112, 1, (x, y) => (x + y) % 256);
  const colour = image(60, 30, 3, (x, y, c) => (x + y + c * 40) % 256);
  for (const cell of [grey, colour]) {
    const prepared = await prepareCell(await encodePng(cell));
    expect(prepared).toMatchObject({ width: 224, height: 224, channels: cell.channels });
    expect([...prepared.data]).toEqual([...resizeImage(cell, 224, 224).data]);
  }
  expect(await prepareCell(await encodePng(grey), 112)).toMatchObject({ width: 112, data: grey.data });
});
