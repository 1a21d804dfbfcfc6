import { EngineError } from "../core/errors.ts";

/** Writes Protocol Buffers wire format: varints, 32-bit floats and length-delimited fields are all that ONNX needs. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  integer(field: number, value: number | bigint): this {
    this.#varint(field * 8 + 0);
    this.#varint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + 5);
    this.#push(new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#push(value);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  message(field: number, message: ProtobufWriter): this {
    this.#varint(field * 8 + 2);
    this.#varint(message.#length);
    for (const chunk of message.#chunks) this.#push(chunk);
    return this;
  }

  /** The bytes in pieces, in their order; what was given as bytes is not copied. */
  get pieces(): readonly Uint8Array[] {
    return this.#chunks;
  }

  finish(): Uint8Array {
    const joined = new Uint8Array(this.#length);
    let position = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, position);
      position += chunk.length;
    }
    return joined;
  }

  #varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    do {
      const low = Number(rest & 127n);
      rest >>= 7n;
      bytes.push(rest > 0n ? low | 128 : low);
    } while (rest > 0n);
    this.#push(Uint8Array.from(bytes));
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}

/** One field of a message: a varint as bigint, or the bytes of a fixed-size or length-delimited value. */
export interface ProtobufField {
  readonly field: number;
  readonly integer: bigint;
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Reads the fields of one message in order. Throws MODEL_UNREADABLE where the bytes are not Protocol Buffers. */
export function* readProtobuf(bytes: Uint8Array): Generator<ProtobufField> {
  let position = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[position++];
      if (byte === undefined) throw truncated(bytes.length);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw truncated(bytes.length);
  };
  const take = (length: number): Uint8Array => {
    if (position + length > bytes.length) throw truncated(bytes.length);
    position += length;
    return bytes.subarray(position - length, position);
  };
  while (position < bytes.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    const wireType = tag & 7;
    if (wireType === 0) yield { field, integer: varint(), bytes: NO_BYTES };
    else if (wireType === 1) yield { field, integer: 0n, bytes: take(8) };
    else if (wireType === 2) yield { field, integer: 0n, bytes: take(Number(varint())) };
    else if (wireType === 5) yield { field, integer: 0n, bytes: take(4) };
    else throw truncated(bytes.length);
  }
}

function truncated(length: number): EngineError {
  return new EngineError(
    "MODEL_UNREADABLE",
    `This is not a readable ONNX file: its ${length} bytes end in the middle of a field or are of another format. ` +
      `Expected an ONNX model; copy the file again, or name the right one.`,
  );
}
