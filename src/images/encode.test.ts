import sharp from "sharp";
import { expect, test } from "vitest";
import { cropImage } from "./crop.ts";
import { readImage } from "./decode.ts";
import { encodeJpeg, encodePng, encodePng16, toRgb } from "./encode.ts";
import { readMask } from "./mask.ts";

const GREY = { width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 50, 100, 150, 200, 255) } as const;
const COLOUR = { width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 10, 20, 30, 40) } as const;

test.each([GREY, COLOUR])("a PNG gives back the pixels and channels ($channels)", async (image) => {
  const png = await encodePng(image);
  expect((await sharp(png).metadata()).channels).toBe(image.channels);
  expect(await readImage(png)).toMatchObject({ ...image, format: "png" });
});

test("the encoded file owns its memory", async () => {
  const png = await encodePng(GREY);
  expect(png.constructor).toBe(Uint8Array);
  expect(png.byteLength).toBe(png.buffer.byteLength);
});

test("a JPEG keeps sharp colour edges (no chroma subsampling) and the number of channels", async () => {
  const stripes = { width: 16, height: 16, channels: 3, data: new Uint8Array(768) } as const;
  for (let pixel = 0; pixel < 256; pixel++) stripes.data[pixel * 3 + (pixel % 2 === 0 ? 0 : 2)] = 200;
  const jpeg = await encodeJpeg(stripes, 95);
  expect(await sharp(jpeg).metadata()).toMatchObject({ format: "jpeg", channels: 3, chromaSubsampling: "4:4:4" });
  const { data } = await readImage(jpeg);
  expect(Math.max(...data.map((value, index) => Math.abs(value - stripes.data[index]!)))).toBeLessThan(25);
  expect(await sharp(await encodeJpeg(GREY)).metadata()).toMatchObject({ channels: 1 });
});

test("a 16-bit mask comes back with its numbers", async () => {
  const mask = { width: 2, height: 2, data: Uint16Array.of(0, 1, 256, 65535) };
  const png = await encodePng16(mask);
  expect(await sharp(png).metadata()).toMatchObject({ depth: "ushort", channels: 1 });
  expect(await readMask(png)).toEqual(mask);
});

test("an 8-bit grey PNG is a mask with the same numbers, not scaled to 16 bits", async () => {
  expect([...(await readMask(await encodePng(GREY))).data]).toEqual([...GREY.data]);
});

test.each([
  ["colour", () => encodePng(COLOUR)],
  ["JPEG, which changes numbers,", () => encodeJpeg(GREY)],
])("%s is IMAGE_NOT_A_MASK", async (_, file) => {
  await expect(readMask(await file())).rejects.toMatchObject({ code: "IMAGE_NOT_A_MASK" });
});

test("toRgb repeats grey three times and leaves colour alone", () => {
  expect([...toRgb({ ...GREY, width: 2, height: 1, data: Uint8Array.of(7, 9) }).data]).toEqual([7, 7, 7, 9, 9, 9]);
  expect(toRgb(COLOUR)).toBe(COLOUR);
});

test("a crop holds the pixels of its box: rows 1 and 2, columns 2 to 4 of a numbered image", () => {
  const numbered = { width: 5, height: 4, channels: 1, data: Uint8Array.from({ length: 20 }, (_, i) => i) } as const;
  const crop = cropImage(numbered, { left: 2, top: 1, width: 3, height: 2 });
  expect(crop).toEqual({ width: 3, height: 2, channels: 1, data: Uint8Array.of(7, 8, 9, 12, 13, 14) });
  expect([...cropImage(COLOUR, { left: 1, top: 0, width: 1, height: 1 }).data]).toEqual([20, 30, 40]);
  expect(cropImage(numbered, { left: 0, top: 0, width: 5, height: 4 }).data).not.toBe(numbered.data);
});

test.each([
  { left: -1, top: 0, width: 2, height: 1 },
  { left: 2, top: 0, width: 2, height: 1 },
  { left: 0, top: 1, width: 1, height: 2 },
  { left: 0, top: 0, width: 0, height: 1 },
  { left: 0.5, top: 0, width: 1, height: 1 },
])("the box %o does not lie in 3 x 2 pixels: IMAGE_CROP_OUTSIDE", (box) => {
  expect(() => cropImage(GREY, box)).toThrow(expect.objectContaining({ code: "IMAGE_CROP_OUTSIDE" }));
});
