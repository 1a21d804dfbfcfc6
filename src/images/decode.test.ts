import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { readImage } from "./decode.ts";

type Raw = { width: number; height: number; channels: 1 | 2 | 3 | 4 };

function from(values: Uint8Array | Uint16Array, width: number, channels: Raw["channels"]): Sharp {
  return sharp(values, { raw: { width, height: values.length / width / channels, channels } });
}

/** Three reddish pixels in a row. */
const COLOURS = Uint8Array.of(200, 10, 20, 90, 30, 40, 0, 255, 128);
/** 48 x 32 pixels, every channel a smooth surface, so that lossy formats stay close. */
const SMOOTH = Uint8Array.from({ length: 48 * 32 * 3 }, (_, index) => {
  const [x, y, channel] = [Math.floor(index / 3) % 48, Math.floor(index / 3 / 48), index % 3];
  return 40 + x * 3 + y + channel * 20;
});
const smooth = () => from(SMOOTH, 48, 3);

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  return await reading.then(
    () => "no error",
    (error) => error.code,
  );
}

test.each([
  ["png", () => from(COLOURS, 3, 3).png()],
  ["tiff", () => from(COLOURS, 3, 3).tiff({ compression: "lzw" })],
  ["webp", () => from(COLOURS, 3, 3).webp({ lossless: true })],
  ["gif", () => from(COLOURS, 3, 3).gif()],
] as const)("%s keeps the exact colours", async (format, made) => {
  const image = await readImage(await made().toBuffer());
  expect(image).toMatchObject({ format, width: 3, height: 1, channels: 3, bitDepth: 8, pageCount: 1 });
  expect([...image.data]).toEqual([...COLOURS]);
  expect(image.window).toBeUndefined();
});

test.each([
  ["jpeg", () => smooth().jpeg({ quality: 95, chromaSubsampling: "4:4:4" })],
  ["jpeg", () => smooth().jpeg({ quality: 95, progressive: true })],
  ["webp", () => smooth().webp({ quality: 95 })],
] as const)("lossy %s keeps colours to a few grey values", async (format, made) => {
  const image = await readImage(await made().toBuffer());
  expect(image).toMatchObject({ format, width: 48, height: 32, channels: 3 });
  expect(largestDifference(image.data, SMOOTH)).toBeLessThan(8);
});

test("a grey JPEG has one channel", async () => {
  const values = Uint8Array.from({ length: 64 }, (_, index) => index * 3);
  const image = await readImage(await from(values, 8, 1).toColourspace("b-w").jpeg({ quality: 100 }).toBuffer());
  expect(image).toMatchObject({ format: "jpeg", channels: 1, width: 8, height: 8 });
  expect(largestDifference(image.data, values)).toBeLessThan(3);
});

test("an RGB file whose channels are equal in every pixel becomes one channel; one odd pixel keeps three", async () => {
  const grey = Uint8Array.of(5, 5, 5, 90, 90, 90);
  expect(await readImage(await from(grey, 2, 3).png().toBuffer())).toMatchObject({
    channels: 1,
    data: Uint8Array.of(5, 90),
  });
  grey[5] = 91;
  expect(await readImage(await from(grey, 2, 3).png().toBuffer())).toMatchObject({ channels: 3, data: grey });
});

test("the result owns its memory, so that it can be handed to another thread", async () => {
  const { data } = await readImage(await from(COLOURS, 3, 3).png().toBuffer());
  const received = structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
  expect([...received]).toEqual([...COLOURS]);
  expect(data.length).toBe(0);
});

test("decoding leaves no memory behind: 300 images of 3 MB take less than 300 MB", async () => {
  const file = await sharp({ create: { width: 1000, height: 1000, channels: 3, background: "red" } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  const before = process.memoryUsage().rss;
  for (let repetition = 0; repetition < 300; repetition++) await readImage(file);
  expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
});

test("16-bit grey and RGB PNGs are windowed by a given window, and its bounds recorded", async () => {
  const values = Uint16Array.of(1000, 2000, 3000, 4000);
  const window = { low: 1000, high: 3000 };
  const grey = await readImage(await from(values, 4, 1).toColourspace("grey16").png().toBuffer(), { window });
  expect(grey).toMatchObject({ channels: 1, bitDepth: 16, window, data: Uint8Array.of(0, 128, 255, 255) });
  const colour = Uint16Array.of(1000, 2000, 3000);
  const rgb = await readImage(await from(colour, 1, 3).toColourspace("rgb16").png().toBuffer(), { window });
  expect(rgb).toMatchObject({ channels: 3, bitDepth: 16, window, data: Uint8Array.of(0, 128, 255) });
});

test("8 bits are windowed only where a window is given", async () => {
  const file = await from(Uint8Array.of(10, 60, 110), 3, 1)
    .toColourspace("b-w")
    .png()
    .toBuffer();
  expect([...(await readImage(file)).data]).toEqual([10, 60, 110]);
  const windowed = await readImage(file, { window: { low: 10, high: 110 } });
  expect(windowed).toMatchObject({ window: { low: 10, high: 110 }, data: Uint8Array.of(0, 128, 255) });
  expect(await codeOf(readImage(file, { window: { low: 110, high: 10 } }))).toBe("IMAGE_WINDOW_INVALID");
});

test("transparency: colour lies on white, a quarter red over white is 255, 191, 191", async () => {
  const file = await from(Uint8Array.of(255, 0, 0, 64, 0, 0, 255, 255, 9, 8, 7, 0), 3, 4)
    .png()
    .toBuffer();
  const image = await readImage(file);
  expect(image.channels).toBe(3);
  expect([...image.data]).toEqual([255, 191, 191, 0, 0, 255, 255, 255, 255]);
});

test.each([
  ["grey and alpha", "b-w", Uint8Array.of(10, 255, 200, 128, 77, 0), 2],
  ["equal RGB and alpha", "srgb", Uint8Array.of(10, 10, 10, 255, 200, 200, 200, 128, 1, 2, 3, 0), 4],
] as const)("transparency: %s lies on black", async (_, space, values, channels) => {
  const file = await from(values, 3, channels).toColourspace(space).png().toBuffer();
  expect(await sharp(file).metadata()).toMatchObject({ space, channels });
  const image = await readImage(file);
  expect(image).toMatchObject({ channels: 1, data: Uint8Array.of(10, Math.round((200 * 128) / 255), 0) });
});

test("a palette PNG gives its colours", async () => {
  const file = await from(COLOURS, 3, 3).png({ palette: true, colours: 8, dither: 0, quality: 100 }).toBuffer();
  expect((await sharp(file).metadata()).isPalette).toBe(true);
  const image = await readImage(file);
  expect(image.channels).toBe(3);
  expect(largestDifference(image.data, COLOURS)).toBeLessThan(3);
});

test("a CMYK JPEG becomes RGB: bare paper is white, and red stays red", async () => {
  const red = Uint8Array.from({ length: 16 * 16 * 3 }, (_, index) => (index < 16 * 8 * 3 || index % 3 === 0 ? 255 : 0));
  const file = await from(red, 16, 3).toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer();
  expect((await sharp(file).metadata()).space).toBe("cmyk");
  const image = await readImage(file);
  expect(image).toMatchObject({ channels: 3, bitDepth: 8 });
  expect(Math.min(...image.data.subarray(0, 3))).toBeGreaterThan(250);
  const [r = 0, g = 255, b = 255] = image.data.subarray(image.data.length - 3);
  expect(r).toBeGreaterThan(200);
  expect(Math.max(g, b)).toBeLessThan(70);
});

test("EXIF orientation 6 (turn a quarter clockwise): the left column becomes the top row", async () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const file = await from(values, 3, 1).toColourspace("b-w").withMetadata({ orientation: 6 }).png().toBuffer();
  const image = await readImage(file);
  expect(image).toMatchObject({ width: 2, height: 3, data: Uint8Array.of(4, 1, 5, 2, 6, 3) });
});

test("EXIF orientation 2 mirrors", async () => {
  const file = await from(Uint8Array.of(1, 2, 3), 3, 1)
    .toColourspace("b-w")
    .withMetadata({ orientation: 2 })
    .tiff()
    .toBuffer();
  expect([...(await readImage(file)).data]).toEqual([3, 2, 1]);
});

test.each(["jpeg", "png", "tiff", "webp"] as const)("a %s of one pixel", async (format) => {
  const file = await from(Uint8Array.of(128, 128, 128), 1, 3)
    .toFormat(format)
    .toBuffer();
  expect(await readImage(file)).toMatchObject({ format, width: 1, height: 1, channels: 1, data: Uint8Array.of(128) });
});

test.each(["gif", "webp"] as const)("frames of an animated %s are pages: the first by default", async (format) => {
  const frames = Uint8Array.of(255, 0, 0, 0, 0, 255, 0, 255, 0);
  const file = await sharp(frames, { raw: { width: 1, height: 3, channels: 3, pageHeight: 1 } })
    .toFormat(format, { lossless: true })
    .toBuffer();
  expect(await readImage(file)).toMatchObject({ pageCount: 3, height: 1, data: Uint8Array.of(255, 0, 0) });
  expect(await readImage(file, { page: 2 })).toMatchObject({ pageCount: 3, data: Uint8Array.of(0, 255, 0) });
  expect(await codeOf(readImage(file, { page: 3 }))).toBe("IMAGE_PAGE_MISSING");
});

test.each(["jpeg", "png", "webp", "gif"] as const)("a %s that is cut anywhere is IMAGE_TRUNCATED", async (format) => {
  const file = await smooth().toFormat(format).toBuffer();
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9])
    expect(await codeOf(readImage(file.subarray(0, file.length * share)))).toBe("IMAGE_TRUNCATED");
  expect(await codeOf(readImage(file.subarray(0, 16)))).toBe("IMAGE_TRUNCATED");
});

test("a PNG with a changed byte in its pixels is IMAGE_UNREADABLE", async () => {
  const file = await smooth().png().toBuffer();
  file[Math.floor(file.length / 2)]! ^= 0x5a;
  expect(await codeOf(readImage(file))).toBe("IMAGE_UNREADABLE");
});

test("a JPEG whose pixel data were overwritten is IMAGE_UNREADABLE, not an image with a grey stripe", async () => {
  const file = await smooth().jpeg({ quality: 95 }).toBuffer();
  const scan = file.indexOf(Buffer.of(0xff, 0xda));
  file.fill(0xb7, scan + 40, scan + 60);
  expect(await codeOf(readImage(file))).toBe("IMAGE_UNREADABLE");
});

function pngDeclaring(width: number, height: number): Buffer {
  const chunk = (name: string, content: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
    const bytes = Buffer.alloc(named.length + 8);
    bytes.writeUInt32BE(content.length, 0);
    named.copy(bytes, 4);
    bytes.writeUInt32BE(crc32(named), named.length + 4);
    return bytes;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(1000));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

test("a PNG that declares 100,000 x 100,000 pixels is IMAGE_TOO_LARGE, and takes no memory", async () => {
  const before = process.memoryUsage().rss;
  await expect(readImage(pngDeclaring(1e5, 1e5))).rejects.toMatchObject({
    code: "IMAGE_TOO_LARGE",
    message: expect.stringContaining("100000 x 100000"),
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
});

test("a JPEG or GIF that declares 65,000 x 65,000 pixels is IMAGE_TOO_LARGE", async () => {
  const jpeg = await smooth().jpeg().toBuffer();
  const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  jpeg.writeUInt16BE(65_000, frame + 5);
  jpeg.writeUInt16BE(65_000, frame + 7);
  expect(await codeOf(readImage(jpeg))).toBe("IMAGE_TOO_LARGE");
  const gif = await smooth().gif().toBuffer();
  const picture = gif.indexOf(Buffer.of(0x2c, 0, 0, 0, 0, 48, 0, 32, 0));
  for (const at of [6, 8, picture + 5, picture + 7]) gif.writeUInt16LE(65_000, at);
  expect(await codeOf(readImage(gif))).toBe("IMAGE_TOO_LARGE");
});

test("the limit is the number of pixels, and the limit itself is allowed", async () => {
  const file = await smooth().png().toBuffer();
  expect(await codeOf(readImage(file, { maxPixels: 48 * 32 - 1 }))).toBe("IMAGE_TOO_LARGE");
  expect(await codeOf(readImage(file, { maxPixels: 48 * 32 }))).toBe("no error");
});

const cells = resolve("../shared/data/cells");
test.skipIf(!existsSync(cells))(
  "real grey cells: 112 x 112, one channel, not flat (skipped without ../shared/data)",
  async () => {
    const folder = join(cells, "hatch", "mn");
    for (const file of readdirSync(folder).sort().slice(0, 25)) {
      const image = await readImage(join(folder, file));
      expect(image).toMatchObject({ format: "jpeg", width: 112, height: 112, channels: 1, bitDepth: 8, pageCount: 1 });
      const brightest = image.data.reduce((most, value) => Math.max(most, value), 0);
      const darkest = image.data.reduce((least, value) => Math.min(least, value), 255);
      expect(brightest - darkest).toBeGreaterThan(100);
    }
  },
);

const blood = resolve("../shared/data/rgb_blood");
test.skipIf(!existsSync(blood))(
  "real stained cells: 224 x 224, three channels, pink background (skipped without ../shared/data)",
  async () => {
    const folder = join(blood, "neutrophil");
    for (const file of readdirSync(folder).sort().slice(0, 10)) {
      const image = await readImage(join(folder, file));
      expect(image).toMatchObject({ format: "jpeg", width: 224, height: 224, channels: 3 });
      const means = [0, 1, 2].map(
        (channel) => image.data.reduce((sum, v, i) => sum + (i % 3 === channel ? v : 0), 0) / 224 ** 2,
      );
      expect(means[0]).toBeGreaterThan(means[1] ?? 255);
    }
  },
);
