import { appendFile, mkdir, open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Bytes of the cell's number before its features. */
const NUMBER_BYTES = 4;

/**
 * Features of cells under one model, of length 1, in the workspace's folder `features`: computed once for each cell. The
 * file has a record for each cell, its number (uint32) and C float32, and may end in one that was cut short.
 */
export class FeatureStore {
  readonly #path: string;
  readonly #features: Map<number, Float32Array>;

  private constructor(path: string, features: Map<number, Float32Array>) {
    this.#path = path;
    this.#features = features;
  }

  /** `channels`: numbers of a cell. */
  static async open(workspaceFolder: string, modelId: string, channels: number): Promise<FeatureStore> {
    const path = join(workspaceFolder, "features", `${modelId}-${channels}.bin`);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    const size = NUMBER_BYTES + 4 * channels;
    const whole = bytes.length - (bytes.length % size);
    if (whole < bytes.length) await cutTo(path, whole);
    const features = new Map<number, Float32Array>();
    for (let at = 0; at < whole; at += size) {
      const numbers = Uint8Array.from(bytes.subarray(at + NUMBER_BYTES, at + size));
      features.set(bytes.readUInt32LE(at), new Float32Array(numbers.buffer));
    }
    return new FeatureStore(path, features);
  }

  get(cellId: number): Float32Array | undefined {
    return this.#features.get(cellId);
  }

  /** Adds cells with their features, which are brought to length 1. */
  async add(cells: readonly (readonly [cellId: number, features: Float32Array])[]): Promise<void> {
    const records = cells.map(([cellId, features]) => {
      const unit = ofLengthOne(features);
      this.#features.set(cellId, unit);
      const number = Buffer.alloc(NUMBER_BYTES);
      number.writeUInt32LE(cellId);
      return Buffer.concat([number, new Uint8Array(unit.buffer)]);
    });
    await mkdir(dirname(this.#path), { recursive: true });
    await appendFile(this.#path, Buffer.concat(records));
  }
}

async function cutTo(path: string, length: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate(length);
  } finally {
    await file.close();
  }
}

function ofLengthOne(features: Float32Array): Float32Array<ArrayBuffer> {
  const length = Math.hypot(...features);
  return Float32Array.from(features, (value) => (length > 0 ? value / length : 0));
}

/** Cosine of the angle between two vectors of length 1: -1 to 1. */
export function cosine(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, channel) => sum + value * (other[channel] as number), 0);
}
