import { ImageError } from "../core/errors.ts";
import { refuseTooLarge } from "./limits.ts";
import type { Samples } from "./samples.ts";

/** What a BMP header says; offsets in bytes from the start of the file. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  readonly compression: number;
  readonly paletteAt: number;
  readonly paletteEntryBytes: 3 | 4;
  readonly paletteLength: number;
  readonly masksAt: number;
  readonly pixelsAt: number;
}

/** Writes the red, green and blue of pixel `x` of the row that starts at `rowAt` to `target[at]` and after. */
type ReadPixel = (rowAt: number, x: number, target: Uint8Array, at: number) => void;

const FILE_HEADER_BYTES = 14;
const OS2_HEADER_BYTES = 12;
const UNCOMPRESSED = 0;
const BIT_FIELDS = 3;
const ALPHA_BIT_FIELDS = 6;

/**
 * An uncompressed Windows or OS/2 BMP of 1, 4, 8, 16, 24 or 32 bits, bottom-up or top-down, as RGB. Alpha is ignored:
 * most programs leave the fourth byte at zero.
 *
 * Microsoft, "Bitmap Storage" and BITMAPV5HEADER. Written here because libvips reads no BMP, and the readers on npm
 * that were looked at (bmp-ts 1.0.9 among them) stop after the first row of 4-bit images of odd width and assume
 * that pixels follow the palette at once.
 */
export function decodeBmp(name: string, content: Uint8Array, maxPixels: number): Samples {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const header = headerOf(name, bytes);
  const { width, height, bitsPerPixel, pixelsAt } = header;
  refuseTooLarge(name, width, height, maxPixels);
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const neededBytes = pixelsAt + rowBytes * (height - 1) + Math.ceil((width * bitsPerPixel) / 8);
  if (bytes.length < neededBytes)
    throw new ImageError(
      "IMAGE_TRUNCATED",
      `The image ${name} ends before its last pixel (bmp: ${bytes.length} bytes, ${neededBytes} needed). ` +
        `Copy it again from its source.`,
    );
  const readPixel = pixelReader(name, bytes, header);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const rowAt = pixelsAt + rowBytes * (header.topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) readPixel(rowAt, x, data, (y * width + x) * 3);
  }
  return { width, height, channels: 3, data };
}

function headerOf(name: string, bytes: Buffer): BmpHeader {
  const headerBytes = bytes.length < 18 ? 0 : bytes.readUInt32LE(14);
  if (bytes.length < FILE_HEADER_BYTES + Math.max(headerBytes, OS2_HEADER_BYTES))
    throw new ImageError("IMAGE_TRUNCATED", `The image ${name} ends within its BMP header. Copy it again.`);
  const header = headerBytes === OS2_HEADER_BYTES ? os2Header(bytes) : windowsHeader(name, bytes, headerBytes);
  if (header.width < 1 || header.height < 1)
    throw unreadable(name, `it declares ${header.width} x ${header.height} pixels`);
  if (bytes.length < header.paletteAt + header.paletteLength * header.paletteEntryBytes)
    throw new ImageError("IMAGE_TRUNCATED", `The image ${name} ends within its BMP palette. Copy it again.`);
  return header;
}

function os2Header(bytes: Buffer): BmpHeader {
  const bitsPerPixel = bytes.readUInt16LE(24);
  return {
    width: bytes.readUInt16LE(18),
    height: bytes.readUInt16LE(20),
    topDown: false,
    bitsPerPixel,
    compression: UNCOMPRESSED,
    paletteAt: FILE_HEADER_BYTES + OS2_HEADER_BYTES,
    paletteEntryBytes: 3,
    paletteLength: bitsPerPixel <= 8 ? 2 ** bitsPerPixel : 0,
    masksAt: 0,
    pixelsAt: bytes.readUInt32LE(10),
  };
}

function windowsHeader(name: string, bytes: Buffer, headerBytes: number): BmpHeader {
  if (headerBytes < 40) throw unreadable(name, `its header has ${headerBytes} bytes; 12 or at least 40 were expected`);
  const height = bytes.readInt32LE(22);
  const bitsPerPixel = bytes.readUInt16LE(28);
  const compression = bytes.readUInt32LE(30);
  const masksAt = FILE_HEADER_BYTES + 40;
  const coloursUsed = bytes.readUInt32LE(46);
  return {
    width: bytes.readInt32LE(18),
    height: Math.abs(height),
    topDown: height < 0,
    bitsPerPixel,
    compression,
    paletteAt: FILE_HEADER_BYTES + headerBytes,
    paletteEntryBytes: 4,
    paletteLength: bitsPerPixel > 8 ? 0 : coloursUsed === 0 ? 2 ** bitsPerPixel : coloursUsed,
    masksAt,
    pixelsAt: bytes.readUInt32LE(10),
  };
}

function pixelReader(name: string, bytes: Buffer, header: BmpHeader): ReadPixel {
  const { bitsPerPixel, compression } = header;
  const masked = bitsPerPixel === 16 || bitsPerPixel === 32;
  const fields = masked && (compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS);
  if (![1, 4, 8, 16, 24, 32].includes(bitsPerPixel) || !(compression === UNCOMPRESSED || fields))
    throw new ImageError(
      "IMAGE_SAMPLES_UNSUPPORTED",
      `The image ${name} is a BMP of ${bitsPerPixel} bits with compression ${compression}. ` +
        `Expected 1, 4, 8, 16, 24 or 32 bits, uncompressed: save it as PNG.`,
    );
  if (bitsPerPixel <= 8) return paletteReader(name, bytes, header);
  if (bitsPerPixel === 24) return blueGreenRed(bytes);
  if (!fields) return maskReader(bytes, bitsPerPixel, bitsPerPixel === 16 ? MASKS_16 : MASKS_32);
  if (bytes.length < header.masksAt + 12) throw unreadable(name, "its colour masks are missing");
  return maskReader(
    bytes,
    bitsPerPixel,
    [0, 4, 8].map((offset) => bytes.readUInt32LE(header.masksAt + offset)),
  );
}

/** Bits of red, green and blue where the file does not say: 5 each, and 8 each. */
const MASKS_16 = [0x7c00, 0x03e0, 0x001f];
const MASKS_32 = [0xff0000, 0x00ff00, 0x0000ff];

function paletteReader(name: string, bytes: Buffer, header: BmpHeader): ReadPixel {
  const { bitsPerPixel, paletteAt, paletteEntryBytes, paletteLength } = header;
  const pixelsPerByte = 8 / bitsPerPixel;
  return (rowAt, x, target, at) => {
    const byte = bytes[rowAt + Math.floor(x / pixelsPerByte)]!;
    // The leftmost pixel is in the highest bits.
    const shift = 8 - bitsPerPixel * ((x % pixelsPerByte) + 1);
    const index = (byte >> shift) & (2 ** bitsPerPixel - 1);
    if (index >= paletteLength) throw unreadable(name, `a pixel has colour ${index} of a palette of ${paletteLength}`);
    const colour = paletteAt + index * paletteEntryBytes;
    for (let channel = 0; channel < 3; channel++) target[at + channel] = bytes[colour + 2 - channel]!;
  };
}

function blueGreenRed(bytes: Buffer): ReadPixel {
  return (rowAt, x, target, at) => {
    for (let channel = 0; channel < 3; channel++) target[at + channel] = bytes[rowAt + x * 3 + 2 - channel]!;
  };
}

/** A field is its share of the largest value that its mask allows, wherever in the pixel the mask lies. */
function maskReader(bytes: Buffer, bitsPerPixel: number, masks: readonly number[]): ReadPixel {
  return (rowAt, x, target, at) => {
    const pixel = bitsPerPixel === 16 ? bytes.readUInt16LE(rowAt + x * 2) : bytes.readUInt32LE(rowAt + x * 4);
    masks.forEach((mask, channel) => {
      // Bitwise results are signed; the shift by 0 makes them unsigned. A mask of 0 is a colour that is not there.
      target[at + channel] = Math.round((255 * ((pixel & mask) >>> 0)) / Math.max(mask, 1));
    });
  };
}

function unreadable(name: string, reason: string): ImageError {
  return new ImageError(
    "IMAGE_UNREADABLE",
    `The image ${name} begins like bmp but cannot be decoded: ${reason}. It is damaged or of a rare kind: ` +
      `copy it again, or export it as PNG or 16-bit TIFF.`,
  );
}
