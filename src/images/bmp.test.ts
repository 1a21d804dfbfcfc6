import { expect, test } from "vitest";
import { readImage } from "./decode.ts";

interface BmpParts {
  width: number;
  /** Negative: top-down. */
  height: number;
  bits: number;
  compression?: number;
  /** 40 (BITMAPINFOHEADER), 108 (V4) or 124 (V5). */
  headerBytes?: number;
  /** Red, green and blue mask. */
  masks?: readonly number[];
  /** Blue, green, red, 0 for each colour. */
  palette?: readonly (readonly number[])[];
  /** Unused bytes between palette and pixels. */
  gap?: number;
  /** Rows as they lie in the file, padding included. */
  rows: readonly (readonly number[])[];
}

/** A BMP file, byte by byte as Microsoft's "Bitmap Storage" describes it. */
function bmp({ width, height, bits, compression = 0, headerBytes = 40, masks, palette, gap = 0, rows }: BmpParts) {
  const header = Buffer.alloc(14 + headerBytes);
  header.write("BM", 0, "latin1");
  header.writeUInt32LE(headerBytes, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(palette?.length ?? 0, 46);
  const maskBytes = Buffer.alloc(masks ? 12 : 0);
  masks?.forEach((mask, index) => {
    maskBytes.writeUInt32LE(mask, index * 4);
  });
  if (headerBytes > 40) maskBytes.copy(header, 54);
  const extra = [...(headerBytes > 40 ? [] : maskBytes), ...(palette ?? []).flat(), ...Array<number>(gap).fill(0xee)];
  header.writeUInt32LE(header.length + extra.length, 10);
  return Buffer.from([...header, ...extra, ...rows.flat()]);
}

async function pixelsOf(file: Uint8Array) {
  const { width, height, channels, data } = await readImage(file);
  return { width, height, channels, data: [...data] };
}

const RED = [0, 0, 255, 0];
const GREEN = [0, 255, 0, 0];
const BLUE = [255, 0, 0, 0];
const BLACK = [0, 0, 0, 0];

test("24 bits: rows are stored from the bottom, as blue, green, red, padded to four bytes", async () => {
  const rows = [
    [1, 2, 3, 0],
    [4, 5, 6, 0],
  ];
  const bottomUp = await readImage(bmp({ width: 1, height: 2, bits: 24, rows }));
  expect(bottomUp).toMatchObject({ format: "bmp", bitDepth: 8, pageCount: 1, width: 1, height: 2, channels: 3 });
  expect([...bottomUp.data]).toEqual([6, 5, 4, 3, 2, 1]);
});

test("a negative height means that rows are stored from the top", async () => {
  const rows = [
    [1, 2, 3, 0],
    [4, 5, 6, 0],
  ];
  expect((await pixelsOf(bmp({ width: 1, height: -2, bits: 24, rows }))).data).toEqual([3, 2, 1, 6, 5, 4]);
});

test("24 bits, width 3: nine bytes of pixels and three of padding in a row", async () => {
  const row = (grey: number) => [...Array<number>(9).fill(grey), 99, 99, 99];
  const decoded = await pixelsOf(bmp({ width: 3, height: 2, bits: 24, rows: [row(20), row(10)] }));
  expect(decoded).toEqual({ width: 3, height: 2, channels: 1, data: [10, 10, 10, 20, 20, 20] });
});

test("1 bit: the leftmost pixel is in the highest bit; width 9 needs a second byte", async () => {
  const palette = [BLACK, [255, 255, 255, 0]];
  const decoded = await pixelsOf(
    bmp({ width: 9, height: 1, bits: 1, palette, rows: [[0b10110000, 0b10000000, 0, 0]] }),
  );
  expect(decoded.channels).toBe(1);
  expect(decoded.data).toEqual([255, 0, 255, 255, 0, 0, 0, 0, 255]);
});

test("4 bits, odd width, two rows: every pixel is there", async () => {
  const rows = [
    [0x21, 0x00, 0, 0],
    [0x01, 0x20, 0, 0],
  ];
  const decoded = await pixelsOf(bmp({ width: 3, height: 2, bits: 4, palette: [RED, GREEN, BLUE], rows }));
  const [red, green, blue] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ] as const;
  expect(decoded.data).toEqual([red, green, blue, blue, green, red].flat());
});

test("8 bits with a palette of 256 greys and a gap before the pixels is one grey channel", async () => {
  const palette = Array.from({ length: 256 }, (_, grey) => [grey, grey, grey, 0]);
  const decoded = await pixelsOf(bmp({ width: 2, height: 1, bits: 8, palette, gap: 6, rows: [[7, 200, 0, 0]] }));
  expect(decoded).toEqual({ width: 2, height: 1, channels: 1, data: [7, 200] });
});

test("16 bits without masks have five bits a colour: 31 becomes 255, 16 becomes round(255 * 16 / 31) = 132", async () => {
  const pixel = (31 << 10) | (16 << 5) | 0;
  const rows = [[pixel & 255, pixel >> 8, 0, 0]];
  expect((await pixelsOf(bmp({ width: 1, height: 1, bits: 16, rows }))).data).toEqual([255, 132, 0]);
});

test("16 bits with masks 5-6-5 after a 40-byte header", async () => {
  const pixel = (31 << 11) | (32 << 5) | 1;
  const rows = [[pixel & 255, pixel >> 8, 0, 0]];
  const file = bmp({ width: 1, height: 1, bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f], rows });
  expect((await pixelsOf(file)).data).toEqual([255, Math.round((255 * 32) / 63), Math.round(255 / 31)]);
});

test("32 bits: the fourth byte is not transparency", async () => {
  const rows = [[30, 20, 10, 0]];
  expect((await pixelsOf(bmp({ width: 1, height: 1, bits: 32, rows }))).data).toEqual([10, 20, 30]);
});

test("32 bits with masks in a version 4 header, red in the highest byte", async () => {
  const masks = [0xff000000, 0x00ff0000, 0x0000ff00];
  const rows = [[0, 30, 20, 210]];
  const file = bmp({ width: 1, height: 1, bits: 32, compression: 3, headerBytes: 108, masks, rows });
  expect((await pixelsOf(file)).data).toEqual([210, 20, 30]);
});

test("the 12-byte header of OS/2 has three bytes a colour", async () => {
  const file = Buffer.alloc(14 + 12 + 6 + 4);
  file.write("BM", 0, "latin1");
  file.writeUInt32LE(32, 10);
  file.writeUInt32LE(12, 14);
  for (const [index, value] of [1, 1, 1, 1].entries()) file.writeUInt16LE(value, 18 + index * 2);
  file.set([0, 0, 0, 30, 20, 10, 0b10000000], 26);
  expect((await pixelsOf(file)).data).toEqual([10, 20, 30]);
});

test.each([
  ["pixels", 2],
  ["palette", 20],
  ["header", 60],
])("a BMP that ends within its %s is IMAGE_TRUNCATED", async (_, missing) => {
  const whole = bmp({ width: 2, height: 1, bits: 8, palette: [RED, GREEN, BLUE, BLACK], rows: [[1, 2, 0, 0]] });
  await expect(readImage(whole.subarray(0, whole.length - 2 - missing))).rejects.toMatchObject({
    code: "IMAGE_TRUNCATED",
  });
});

test("run-length encoding is IMAGE_SAMPLES_UNSUPPORTED, with advice", async () => {
  const file = bmp({ width: 1, height: 1, bits: 8, compression: 1, palette: [RED], rows: [[1, 0, 0, 1]] });
  await expect(readImage(file)).rejects.toMatchObject({
    code: "IMAGE_SAMPLES_UNSUPPORTED",
    message: expect.stringContaining("save it as PNG"),
  });
});

test("a pixel whose colour the palette lacks is IMAGE_UNREADABLE", async () => {
  const file = bmp({ width: 1, height: 1, bits: 8, palette: [RED, GREEN], rows: [[2, 0, 0, 0]] });
  await expect(readImage(file)).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
});

test.each([
  [0, 1],
  [-3, 1],
])("a BMP of %i x %i pixels is IMAGE_UNREADABLE", async (width, height) => {
  await expect(readImage(bmp({ width, height, bits: 24, rows: [[1, 2, 3, 0]] }))).rejects.toMatchObject({
    code: "IMAGE_UNREADABLE",
  });
});

test("a BMP that declares 100,000 x 100,000 pixels is IMAGE_TOO_LARGE before anything is decoded", async () => {
  await expect(readImage(bmp({ width: 1e5, height: 1e5, bits: 24, rows: [[1, 2, 3, 0]] }))).rejects.toMatchObject({
    code: "IMAGE_TOO_LARGE",
  });
});
