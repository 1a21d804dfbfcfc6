import { type OpenedImage, wholeContent } from "./open.ts";

/**
 * Whether a file that could not be decoded ends earlier than its own structure announces. `reason` is the decoder's
 * message, which tells it for JPEG only.
 */
export async function isCutShort(image: OpenedImage, reason: string): Promise<boolean> {
  if (reason.includes("premature end of JPEG")) return true;
  if (image.format === "jpeg") return false;
  const content = await wholeContent(image);
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (image.format) {
    case "png":
      return pngLacksItsEnd(bytes);
    case "tiff":
      return tiffPointsPastItsEnd(bytes);
    case "webp":
      return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
    case "gif":
      return bytes.at(-1) !== GIF_TRAILER;
    default:
      return false;
  }
}

/** GIF89a specification, 27: the last byte of the file. */
const GIF_TRAILER = 0x3b;

/** PNG specification, 5.3: a chunk is its length, a name, the data and a checksum; the last is named IEND. */
function pngLacksItsEnd(bytes: Buffer): boolean {
  let position = 8;
  while (position + 12 <= bytes.length) {
    if (bytes.toString("latin1", position + 4, position + 8) === "IEND") return false;
    position += 12 + bytes.readUInt32BE(position);
  }
  return true;
}

/** Bytes of one value by type, TIFF 6.0, section 2; index 0 is no type. */
const TIFF_VALUE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
/** Where strips or tiles lie, and how many bytes each has. */
const TIFF_PIXEL_TAGS = [
  [273, 279],
  [324, 325],
] as const;

/**
 * TIFF 6.0, section 2: the header points to a directory of 12-byte entries, which hold values or point to them; strips
 * and tiles lie where two of the entries say. A file was cut if any of these lies past its end. BigTIFF is judged by
 * the place of its directory only.
 */
function tiffPointsPastItsEnd(bytes: Buffer): boolean {
  if (bytes.length < 16) return true;
  const little = bytes[0] === 0x49;
  const uint16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const uint32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (uint16(2) === 43) return (little ? bytes.readBigUInt64LE(8) : bytes.readBigUInt64BE(8)) >= bytes.length;
  const directory = uint32(4);
  if (directory + 2 > bytes.length) return true;
  const entryCount = uint16(directory);
  if (directory + 2 + entryCount * 12 > bytes.length) return true;

  const lastValues = new Map<number, number>();
  for (let entry = directory + 2; entry < directory + 2 + entryCount * 12; entry += 12) {
    const size = TIFF_VALUE_BYTES[uint16(entry + 2)] ?? 0;
    const count = uint32(entry + 4);
    const at = size * count <= 4 ? entry + 8 : uint32(entry + 8);
    if (at + size * count > bytes.length) return true;
    if (count > 0 && (size === 2 || size === 4)) {
      const last = at + size * (count - 1);
      lastValues.set(uint16(entry), size === 2 ? uint16(last) : uint32(last));
    }
  }
  return TIFF_PIXEL_TAGS.some(
    ([offsets, sizes]) => (lastValues.get(offsets) ?? 0) + (lastValues.get(sizes) ?? 0) > bytes.length,
  );
}
