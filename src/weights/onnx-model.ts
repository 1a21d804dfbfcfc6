import { decodeOnnx } from "../engine/onnx-file.ts";
import type { ByteSource } from "./byte-source.ts";
import type { NamedTensor, WeightsIndex } from "./tensor-file.ts";

/** A name that the graph made up for a constant of its own, as `constant_3`: not a weight. */
const MADE_UP = /^[a-z]+_\d+$/i;

/** Whether a file begins as an ONNX ModelProto of ours: field 1, its version, then field 2, its producer. */
export function beginsAsModel(start: Uint8Array): boolean {
  return start[0] === 0x08 && start[2] === 0x12;
}

/** The weights stored in an ONNX model, with the model's metadata. Throws MODEL_UNREADABLE. */
export function openModel(source: ByteSource): WeightsIndex {
  const { initializers, metadata } = decodeOnnx(source.read(0, source.size));
  const tensors: NamedTensor[] = [...initializers.values()]
    .map(({ value: { name, shape, type }, bytes }) => ({ name, shape, type, data: bytes }))
    .filter(({ name }) => !MADE_UP.test(name));
  return {
    entries: tensors.map(({ data: _, ...entry }) => entry),
    metadata,
    read: (keep) => new Map(tensors.filter(({ name }) => keep(name)).map((tensor) => [tensor.name, tensor])),
  };
}
