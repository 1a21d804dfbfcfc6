import { fromBfloat16, fromFloat16 } from "./float16.ts";

/** Bytes of one element of every type of number that weight files hold. */
export const BYTES_PER_ELEMENT = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

export type TensorType = keyof typeof BYTES_PER_ELEMENT;

/** A tensor as it stands in a file of weights. `data`: little-endian, contiguous, C order. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly data: Uint8Array;
}

/** Tensors by name, in the order of their file. */
export type TensorMap = ReadonlyMap<string, NamedTensor>;

/** What a file of weights holds. `metadata`: the numbers and texts that stand beside the tensors. */
export interface WeightsContent {
  readonly tensors: TensorMap;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A tensor without its numbers. */
export type TensorEntry = Omit<NamedTensor, "data">;

/** A file of weights of which only the table of contents has been read. */
export interface WeightsIndex {
  readonly entries: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Reads the tensors that pass `keep`. */
  read(keep: Keep): TensorMap;
}

/** Whether a tensor, by its name, is wanted; the bytes of others are not read. */
export type Keep = (name: string) => boolean;

/** The number of elements of a shape; a scalar, shape [], has one. */
export function elementCount(shape: readonly number[]): number {
  // Asked first: the product of other, hostile sizes may be infinite, and infinity times 0 is NaN.
  return shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/**
 * The tensor's numbers as float32: exact for float32, float16, bfloat16, bool and the integers up to 16 bits,
 * rounded to nearest for the others. A float32 tensor is not copied where its bytes are aligned: do not write to it.
 */
export function toFloat32({ type, data }: NamedTensor): Float32Array {
  const { buffer, byteOffset, length: count } = aligned(data, type);
  switch (type) {
    case "float32":
      return new Float32Array(buffer, byteOffset, count);
    case "float64":
      return Float32Array.from(new Float64Array(buffer, byteOffset, count));
    case "float16":
      return fromFloat16(new Uint16Array(buffer, byteOffset, count));
    case "bfloat16":
      return fromBfloat16(new Uint16Array(buffer, byteOffset, count));
    case "int64":
      return Float32Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case "int32":
      return Float32Array.from(new Int32Array(buffer, byteOffset, count));
    case "int16":
      return Float32Array.from(new Int16Array(buffer, byteOffset, count));
    case "int8":
      return Float32Array.from(new Int8Array(buffer, byteOffset, count));
    case "uint8":
    case "bool":
      return Float32Array.from(data);
  }
}

/** A float32 tensor that shares the memory of `data`, whose length must be the product of `shape`. */
export function fromFloat32(name: string, shape: readonly number[], data: Float32Array): NamedTensor {
  if (data.length !== elementCount(shape)) {
    throw new Error(`Tensor "${name}" of shape [${shape.join(", ")}] cannot hold ${data.length} numbers.`);
  }
  return { name, shape, type: "float32", data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** The bytes where a typed array can look at them in place, copied only if they are not; `length` in elements. */
function aligned(data: Uint8Array, type: TensorType): { buffer: ArrayBuffer; byteOffset: number; length: number } {
  const size = BYTES_PER_ELEMENT[type];
  const source = data.byteOffset % size === 0 ? data : Uint8Array.from(data);
  return { buffer: source.buffer as ArrayBuffer, byteOffset: source.byteOffset, length: data.length / size };
}
