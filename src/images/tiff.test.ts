import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { readImage } from "./decode.ts";
import { readMask } from "./mask.ts";

interface TiffPage {
  width: number;
  height: number;
  samples: Uint8Array | Uint16Array | Int16Array | Uint32Array | Float32Array | Float64Array;
  samplesPerPixel?: number;
  bits?: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK. */
  photometric?: number;
  /** Tag, type (2 text, 3 uint16, 4 uint32, 7 bytes), values. */
  tags?: readonly (readonly [number, number, readonly number[]])[];
}

const VALUE_BYTES: Record<number, number> = { 2: 1, 3: 2, 4: 4, 7: 1 };

/** An uncompressed little-endian TIFF, byte by byte as TIFF 6.0 describes it; each directory before its pixels. */
function tiff(...pages: readonly TiffPage[]): Buffer {
  let file = Buffer.from([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  for (const [index, page] of pages.entries()) {
    const block = directoryAndPixels(page, file.length, index === pages.length - 1);
    file = Buffer.concat([file, block]);
  }
  return file;
}

function directoryAndPixels(page: TiffPage, start: number, last: boolean): Buffer {
  const { width, height, samples, samplesPerPixel = 1, photometric = 1 } = page;
  const bits = page.bits ?? samples.BYTES_PER_ELEMENT * 8;
  const kind =
    samples instanceof Int16Array ? 2 : samples instanceof Float32Array ? 3 : samples instanceof Float64Array ? 3 : 1;
  const tags: (readonly [number, number, readonly number[]])[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array<number>(samplesPerPixel).fill(bits)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, [0]],
    [277, 3, [samplesPerPixel]],
    [278, 4, [height]],
    [279, 4, [samples.byteLength]],
    [339, 3, Array<number>(samplesPerPixel).fill(kind)],
    ...(page.tags ?? []),
  ];
  tags.sort(([a], [b]) => a - b);
  const directory = Buffer.alloc(2 + tags.length * 12 + 4);
  const longValues: Buffer[] = [];
  let longAt = start + directory.length;
  directory.writeUInt16LE(tags.length, 0);
  const entryOf = (tag: number) => 2 + tags.findIndex(([found]) => found === tag) * 12;
  for (const [tag, type, values] of tags) {
    const size = VALUE_BYTES[type] ?? 1;
    const bytes = Buffer.alloc(Math.max(4, Math.ceil((size * values.length) / 2) * 2));
    for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * size, size);
    const entry = entryOf(tag);
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(type, entry + 2);
    directory.writeUInt32LE(values.length, entry + 4);
    if (bytes.length === 4) bytes.copy(directory, entry + 8);
    else {
      directory.writeUInt32LE(longAt, entry + 8);
      longValues.push(bytes);
      longAt += bytes.length;
    }
  }
  directory.writeUInt32LE(longAt, entryOf(273) + 8);
  const padding = Buffer.alloc(samples.byteLength % 2);
  directory.writeUInt32LE(last ? 0 : longAt + samples.byteLength + padding.length, directory.length - 4);
  const pixels = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([directory, ...longValues, pixels, padding]);
}

const grey = (samples: TiffPage["samples"], more: Partial<TiffPage> = {}): TiffPage => ({
  width: samples.length,
  height: 1,
  samples,
  ...more,
});

async function valuesOf(file: Uint8Array, options = {}) {
  return [...(await readImage(file, options)).data];
}

test("8-bit grey is untouched", async () => {
  const image = await readImage(tiff(grey(Uint8Array.of(0, 100, 255))));
  expect(image).toMatchObject({ format: "tiff", bitDepth: 8, pageCount: 1, channels: 1, width: 3, height: 1 });
  expect([...image.data]).toEqual([0, 100, 255]);
  expect(image.window).toBeUndefined();
});

test("16-bit grey 0..1000, each once, is windowed from 10 to 998 (its percentiles 1 and 99.8)", async () => {
  const image = await readImage(tiff(grey(Uint16Array.from({ length: 1001 }, (_, value) => value))));
  expect(image).toMatchObject({ bitDepth: 16, channels: 1 });
  expect(image.window?.low).toBeCloseTo(10, 9);
  expect(image.window?.high).toBeCloseTo(998, 9);
  expect([0, 10, 257, 504, 998, 1000].map((value) => image.data[value])).toEqual([
    0,
    0,
    Math.round((255 * 247) / 988),
    Math.round(255 / 2),
    255,
    255,
  ]);
});

test("16-bit RGB has one window for the three colours, so that hues keep", async () => {
  const samples = Uint16Array.of(100, 200, 300, 0, 0, 0, 500, 500, 500);
  const file = tiff({ width: 3, height: 1, samples, samplesPerPixel: 3, photometric: 2 });
  const image = await readImage(file, { window: { low: 0, high: 510 } });
  expect(image).toMatchObject({ channels: 3, bitDepth: 16, window: { low: 0, high: 510 } });
  expect([...image.data]).toEqual([50, 100, 150, 0, 0, 0, 250, 250, 250]);
});

test("negative samples of signed 16 bits become 0", async () => {
  const file = tiff(grey(Int16Array.of(-5, 0, 1000, 2000)));
  expect(await valuesOf(file, { window: { low: 0, high: 2000 } })).toEqual([0, 0, 128, 255]);
});

test("32-bit float is windowed in its own unit; what is not a number becomes 0", async () => {
  const image = await readImage(tiff(grey(Float32Array.of(-0.5, 0, 0.25, 0.5, Number.NaN, Number.POSITIVE_INFINITY))), {
    window: { lowPercentile: 0, highPercentile: 100 },
  });
  expect(image).toMatchObject({ bitDepth: 32, window: { low: -0.5, high: 0.5 } });
  expect([...image.data]).toEqual([0, 128, 191, 255, 0, 255]);
});

test("32-bit integers are windowed too", async () => {
  const file = tiff(grey(Uint32Array.of(0, 100_000, 200_000)));
  expect(await valuesOf(file, { window: { low: 0, high: 200_000 } })).toEqual([0, 128, 255]);
});

test("64-bit samples are IMAGE_UNREADABLE", async () => {
  await expect(readImage(tiff(grey(Float64Array.of(1, 2))))).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
});

test("where the file says that white is zero, black is 0 all the same", async () => {
  expect(await valuesOf(tiff(grey(Uint8Array.of(0, 100, 255), { photometric: 0 })))).toEqual([255, 155, 0]);
});

test("1-bit samples become 0 and 255", async () => {
  const file = tiff({ width: 9, height: 1, bits: 1, samples: Uint8Array.of(0b10110000, 0b10000000) });
  expect(await valuesOf(file)).toEqual([255, 0, 255, 255, 0, 0, 0, 0, 255]);
});

test("five channels in one page are IMAGE_SAMPLES_UNSUPPORTED", async () => {
  const samples = Uint8Array.of(1, 2, 3, 4, 5);
  const file = tiff({ width: 1, height: 1, samples, samplesPerPixel: 5, tags: [[338, 3, [0, 0, 0, 0]]] });
  await expect(readImage(file)).rejects.toMatchObject({ code: "IMAGE_SAMPLES_UNSUPPORTED" });
});

test("transparent pixels do not count in the window of 16 bits, and opaque ones keep their value", async () => {
  const samples = Uint16Array.of(1000, 65535, 2000, 65535, 60000, 0);
  const file = tiff({ width: 3, height: 1, samples, samplesPerPixel: 2, tags: [[338, 3, [2]]] });
  const image = await readImage(file, { window: { lowPercentile: 0, highPercentile: 100 } });
  expect(image).toMatchObject({ channels: 1, window: { low: 1000, high: 2000 } });
  expect([...image.data]).toEqual([0, 255, 0]);
});

test("no ink in CMYK is white, all inks are dark, magenta and yellow make red", async () => {
  const samples = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255, 0, 255, 255, 0);
  const file = tiff({ width: 3, height: 1, samples, samplesPerPixel: 4, photometric: 5 });
  const image = await readImage(file);
  const [white, dark, red] = [0, 3, 6].map((at) => [...image.data.subarray(at, at + 3)]);
  expect(image.channels).toBe(3);
  expect(white).toEqual([255, 255, 255]);
  expect(Math.max(...(dark ?? []))).toBeLessThan(40);
  expect(red?.[0]).toBeGreaterThan(200);
  expect(Math.max(red?.[1] ?? 255, red?.[2] ?? 255)).toBeLessThan(70);
});

test("a colour profile does not change the values of the file", async () => {
  const withProfile = await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
    .withIccProfile("p3")
    .png()
    .toBuffer();
  const profile = [...((await sharp(withProfile).metadata()).icc ?? [])];
  expect(profile.length).toBeGreaterThan(100);
  const page = { width: 1, height: 1, samples: Uint8Array.of(200, 30, 40), samplesPerPixel: 3, photometric: 2 };
  expect(await valuesOf(tiff({ ...page, tags: [[34675, 7, profile]] }))).toEqual([200, 30, 40]);
});

test("tags that a microscope made up, or wrote with the wrong type, do no harm", async () => {
  const file = tiff(
    grey(Uint8Array.of(1, 2), {
      tags: [
        [65000, 3, [7]],
        [296, 2, [0x61, 0x62, 0x63, 0]],
      ],
    }),
  );
  expect(await valuesOf(file)).toEqual([1, 2]);
});

const THREE_PAGES = tiff(
  grey(Uint8Array.of(1, 2)),
  grey(Uint8Array.of(3, 4, 5)),
  grey(Uint16Array.of(0, 1000, 500, 250)),
);

test("pages: the first by default, any on request, each with a size and depth of its own", async () => {
  const first = await readImage(THREE_PAGES);
  const second = await readImage(THREE_PAGES, { page: 1 });
  const third = await readImage(THREE_PAGES, { page: 2, window: { low: 0, high: 1000 } });
  expect([first, second, third].map(({ pageCount, bitDepth }) => [pageCount, bitDepth])).toEqual([
    [3, 8],
    [3, 8],
    [3, 16],
  ]);
  expect([first, second, third].map(({ data }) => [...data])).toEqual([
    [1, 2],
    [3, 4, 5],
    [0, 255, 128, 64],
  ]);
});

test.each([3, -1, 0.5])("page %s of three is IMAGE_PAGE_MISSING", async (page) => {
  await expect(readImage(THREE_PAGES, { page })).rejects.toMatchObject({
    code: "IMAGE_PAGE_MISSING",
    message: expect.stringContaining("it has 3"),
  });
});

test("a page of a file that is too large to be held whole is read from the path", async () => {
  const folder = await mkdtemp(join(tmpdir(), "micronuclei-"));
  try {
    const path = join(folder, "stack.tif");
    await writeFile(path, THREE_PAGES);
    await truncate(path, 65 * 1024 * 1024);
    const image = await readImage(path, { page: 1 });
    expect([image.pageCount, ...image.data]).toEqual([3, 3, 4, 5]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  ["its pixels", 3],
  ["its directory", 100],
])("a TIFF that ends within %s is IMAGE_TRUNCATED", async (_, missing) => {
  const whole = tiff(grey(Uint8Array.of(1, 2, 3, 4)));
  const cut = whole.subarray(0, whole.length - missing);
  await expect(readImage(cut)).rejects.toMatchObject({ code: "IMAGE_TRUNCATED" });
});

test.each(["none", "lzw", "deflate", "jpeg"] as const)(
  "a TIFF with %s compression, cut anywhere, gives no image",
  async (compression) => {
    const data = Uint8Array.from({ length: 60 * 60 }, (_, index) => (index * index) % 251);
    const whole = await sharp(data, { raw: { width: 60, height: 60, channels: 1 } })
      .tiff({ compression })
      .toBuffer();
    for (const share of [0.2, 0.5, 0.9])
      await expect(readImage(whole.subarray(0, whole.length * share))).rejects.toMatchObject({
        code: "IMAGE_TRUNCATED",
      });
  },
);

test("a BigTIFF is read; cut it is IMAGE_TRUNCATED, whole but damaged IMAGE_UNREADABLE", async () => {
  const data = Uint8Array.from({ length: 60 * 60 }, (_, index) => (index * index) % 251);
  const whole = await sharp(data, { raw: { width: 60, height: 60, channels: 1 } })
    .toColourspace("b-w")
    .tiff({ bigtiff: true, compression: "deflate" })
    .toBuffer();
  expect(whole[2]).toBe(43);
  expect(await valuesOf(whole)).toEqual([...data]);
  await expect(readImage(whole.subarray(0, whole.length / 2))).rejects.toMatchObject({ code: "IMAGE_TRUNCATED" });
  whole.fill(0x5a, 40, 80);
  await expect(readImage(whole)).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
});

test("a TIFF that declares 100,000 x 100,000 pixels is IMAGE_TOO_LARGE before anything is decoded", async () => {
  const bomb = tiff({ width: 1e5, height: 1e5, samples: Uint8Array.of(1, 2) });
  await expect(readImage(bomb)).rejects.toMatchObject({ code: "IMAGE_TOO_LARGE" });
});

test("the limit counts the page that is asked for", async () => {
  const file = tiff(grey(Uint8Array.of(1, 2)), grey(Uint8Array.of(3, 4, 5)));
  expect(await valuesOf(file, { maxPixels: 2 })).toEqual([1, 2]);
  await expect(readImage(file, { page: 1, maxPixels: 2 })).rejects.toMatchObject({ code: "IMAGE_TOO_LARGE" });
});

test("a mask of 32-bit integers gives its numbers, if they fit in 16 bits", async () => {
  expect([...(await readMask(tiff(grey(Uint32Array.of(0, 7, 65535))))).data]).toEqual([0, 7, 65535]);
  await expect(readMask(tiff(grey(Uint32Array.of(0, 65536))))).rejects.toMatchObject({ code: "IMAGE_NOT_A_MASK" });
  await expect(readMask(tiff(grey(Float32Array.of(0, 0.5))))).rejects.toMatchObject({ code: "IMAGE_NOT_A_MASK" });
});

test("a 16-bit mask TIFF is not windowed", async () => {
  const mask = await readMask(tiff({ width: 2, height: 2, samples: Uint16Array.of(0, 1, 300, 65535) }));
  expect({ ...mask, data: [...mask.data] }).toEqual({ width: 2, height: 2, data: [0, 1, 300, 65535] });
});
