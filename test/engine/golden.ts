import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeSafetensors } from "../../src/weights/safetensors.ts";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

const folder = join(import.meta.dirname, "../golden/torch");

/** The tensors of a file of test/golden/torch, by a lookup that throws for a name that is not there. */
export function readGoldenTensors(file: string): (name: string) => GoldenTensor {
  const { tensors } = decodeSafetensors(readFileSync(join(folder, file)));
  return (name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`${file} has no tensor ${name}.`);
    const bytes = tensor.data.slice().buffer;
    if (tensor.type === "float64") return { shape: tensor.shape, data: new Float64Array(bytes) };
    return { shape: tensor.shape, data: new Float32Array(bytes) };
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the caller names the file, and with it the type
export function readGoldenJson(file: string): any {
  return JSON.parse(readFileSync(join(folder, file), "utf8"));
}
