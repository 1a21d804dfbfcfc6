import { MicronucleiError } from "./errors.ts";

export type NpyArray = {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;
};

const MAGIC = "\x93NUMPY";

/** A NumPy .npy file (version 1, C order, little-endian) from an array; row-major `data` of the given shape. */
export function encodeNpy({ shape, data }: NpyArray): Uint8Array {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const fields = `{'descr': '${descriptorOf(data)}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const headerLength = Math.ceil((MAGIC.length + 4 + fields.length + 1) / 64) * 64 - MAGIC.length - 4;
  const header = `${fields.padEnd(headerLength - 1)}\n`;
  const bytes = new Uint8Array(MAGIC.length + 4 + headerLength + data.byteLength);
  bytes.set(Buffer.from(MAGIC, "latin1"));
  bytes.set([1, 0, headerLength & 255, headerLength >> 8], MAGIC.length);
  bytes.set(Buffer.from(header, "latin1"), MAGIC.length + 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), MAGIC.length + 4 + headerLength);
  return bytes;
}

/** The array of a NumPy .npy file, version 1 or 2, C order, little-endian; throws NPY_UNREADABLE for any other. */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 0, MAGIC.length) !== MAGIC) throw unreadable("it does not start with the NumPy mark");
  const wide = buffer[6] === 2;
  const headerStart = wide ? 12 : 10;
  const headerLength = wide ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8);
  const header = buffer.toString("latin1", headerStart, headerStart + headerLength);
  const match = /'descr':\s*'([^']+)'.*'fortran_order':\s*(\w+).*'shape':\s*\(([^)]*)\)/.exec(header);
  if (!match) throw unreadable(`its header is ${JSON.stringify(header.slice(0, 80))}`);
  const [, descriptor = "", fortranOrder, dimensions = ""] = match;
  if (fortranOrder !== "False") throw unreadable("it is stored in Fortran order");
  const shape = dimensions
    .split(",")
    .filter((text) => text.trim() !== "")
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const start = headerStart + headerLength;
  const content = (bytesPerItem: number): ArrayBuffer => {
    const length = count * bytesPerItem;
    if (buffer.length - start < length)
      throw unreadable(`it needs ${length} bytes of data and has ${buffer.length - start}`);
    return Uint8Array.from(buffer.subarray(start, start + length)).buffer;
  };
  switch (descriptor) {
    case "<f4":
      return { shape, data: new Float32Array(content(4)) };
    case "<f8":
      return { shape, data: new Float64Array(content(8)) };
    case "<i4":
      return { shape, data: new Int32Array(content(4)) };
    case "<i8":
      return { shape, data: new BigInt64Array(content(8)) };
    case "|u1":
    case "|b1":
      return { shape, data: new Uint8Array(content(1)) };
    default:
      throw unreadable(`its numbers are of type ${descriptor}`);
  }
}

function descriptorOf(data: NpyArray["data"]): string {
  if (data instanceof Float32Array) return "<f4";
  if (data instanceof Float64Array) return "<f8";
  if (data instanceof Int32Array) return "<i4";
  if (data instanceof BigInt64Array) return "<i8";
  return "|u1";
}

function unreadable(reason: string): MicronucleiError {
  return new MicronucleiError(
    "NPY_UNREADABLE",
    `This .npy file cannot be read: ${reason}. Expected C order and float32, float64, int32, int64 or uint8.`,
  );
}
