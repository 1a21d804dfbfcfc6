import { type OpenedImage, wholeContent } from "./open.ts";

/**
 * Whether a file that could not be decoded ends earlier than its own structure announces. `reason` is the decoder's
 * message, which tells it for JPEG and GIF only.
 */
export async function isCutShort(image: OpenedImage, reason: string): Promise<boolean> {
  if (/premature end of JPEG|unexpected end|end of (file|stream)/i.test(reason)) return true;
  if (image.format === "jpeg" || image.format === "gif") return false;
  const content = await wholeContent(image);
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (image.format) {
    case "png":
      return pngLacksItsEnd(bytes);
    case "tiff":
      return tiffPointsPastItsEnd(bytes);
    case "webp":
      return bytes.length < 12 || bytes.readUInt32LE(4) + 8 > bytes.length;
  }
  return false;
}

/** PNG specification, 5.3: a chunk is its length, a name, the data and a checksum; the last is named IEND. */
function pngLacksItsEnd(bytes: Buffer): boolean {
  let position = 8;
  while (position + 12 <= bytes.length) {
    if (bytes.toString("latin1", position + 4, position + 8) === "IEND") return false;
    position += 12 + bytes.readUInt32BE(position);
  }
  return true;
}

const STRIP_OFFSETS = 273;
const STRIP_BYTES = 279;

/**
 * TIFF 6.0, section 2: the header points to a directory of 12-byte entries; strips lie where the entries say. A file
 * whose directory, or whose last strip, lies past its end was cut. BigTIFF and tiles are judged by the directory only.
 */
function tiffPointsPastItsEnd(bytes: Buffer): boolean {
  if (bytes.length < 16) return true;
  const little = bytes[0] === 0x49;
  const uint16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const uint32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  if (uint16(2) === 43) return Number(little ? bytes.readBigUInt64LE(8) : bytes.readBigUInt64BE(8)) >= bytes.length;
  const directory = uint32(4);
  if (directory + 2 > bytes.length) return true;
  const entryCount = uint16(directory);
  if (directory + 2 + entryCount * 12 > bytes.length) return true;
  /** The last value of a tag; undefined where the tag is missing or its values lie past the end. */
  const lastValue = (tag: number): number | undefined => {
    for (let entry = directory + 2; entry < directory + 2 + entryCount * 12; entry += 12) {
      if (uint16(entry) !== tag) continue;
      const width = uint16(entry + 2) === 3 ? 2 : 4;
      const count = uint32(entry + 4);
      const at = (count * width <= 4 ? entry + 8 : uint32(entry + 8)) + (count - 1) * width;
      if (at + width > bytes.length) return undefined;
      return width === 2 ? uint16(at) : uint32(at);
    }
    return undefined;
  };
  const lastStrip = lastValue(STRIP_OFFSETS);
  const lastStripBytes = lastValue(STRIP_BYTES);
  return lastStrip !== undefined && lastStripBytes !== undefined && lastStrip + lastStripBytes > bytes.length;
}
