import { WeightsError } from "../core/errors.ts";
import { BYTES_PER_ELEMENT, elementCount, type NamedTensor, type TensorType } from "./tensor-file.ts";
import type { Builder, Pickled, PickledObject, Vocabulary } from "./unpickle.ts";

/** A block of numbers that tensors look at; `key` names it in its file. */
export interface Storage extends PickledObject {
  readonly kind: "storage";
  readonly key: string;
  readonly type: TensorType;
  readonly elementCount: number;
}

/** A tensor as PyTorch pickles it: element i0, i1 ... is number offset + i0 strides[0] + i1 strides[1] ... of its storage. */
export interface StridedTensor extends PickledObject {
  readonly kind: "tensor";
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

interface StorageType extends PickledObject {
  readonly kind: "storageType";
  readonly type: TensorType;
}

const STORAGE_TYPES: Record<string, TensorType> = {
  FloatStorage: "float32",
  DoubleStorage: "float64",
  HalfStorage: "float16",
  BFloat16Storage: "bfloat16",
  LongStorage: "int64",
  IntStorage: "int32",
  ShortStorage: "int16",
  CharStorage: "int8",
  ByteStorage: "uint8",
  BoolStorage: "bool",
};
const DIMENSION_LIMIT = 64;

/** Everything that a checkpoint may name, and what it becomes; any other name is refused. */
const GLOBALS = new Map<string, Pickled>([
  ["torch._utils._rebuild_tensor", builder(rebuildTensor)],
  ["torch._utils._rebuild_tensor_v2", builder(rebuildTensor)],
  ["torch._utils._rebuild_parameter", builder(([tensor]) => requireKind<StridedTensor>(tensor, "tensor"))],
  ["collections.OrderedDict", builder(dictionaryOf)],
  ["collections.Counter", builder(dictionaryOf)],
  ["torch.Size", builder(listOf)],
  ["builtins.set", builder(listOf)],
  ["__builtin__.set", builder(listOf)],
  ...Object.entries(STORAGE_TYPES).flatMap(([name, type]): [string, Pickled][] => {
    const storageType: StorageType = { kind: "storageType", type };
    return [
      [`torch.${name}`, storageType],
      [`torch.cuda.${name}`, storageType],
    ];
  }),
]);

/** The vocabulary of PyTorch's checkpoints, and the storages that a pickle read with it has named, by key. */
export function pytorchVocabulary(): { vocabulary: Vocabulary; storages: ReadonlyMap<string, Storage> } {
  const storages = new Map<string, Storage>();
  const persistent = (id: Pickled): Storage => {
    const storage = parseStorage(id);
    const known = storages.get(storage.key);
    if (known === undefined) storages.set(storage.key, storage);
    else if (known.type !== storage.type || known.elementCount !== storage.elementCount) {
      throw unreadable(`it describes storage "${storage.key}" in two ways`);
    }
    return known ?? storage;
  };
  return { vocabulary: { global: namedGlobal, persistent }, storages };
}

/** Whether a pickled value is a tensor. */
export function isTensor(value: Pickled | undefined): value is StridedTensor {
  return isKind(value, "tensor");
}

/**
 * The tensor's numbers out of the bytes of its storage: a view of them where it lies there contiguously, else a copy in
 * C order. The builder of tensors has checked that every element is inside.
 */
export function gatherTensor(name: string, tensor: StridedTensor, storageBytes: Uint8Array): NamedTensor {
  const { storage, offset, shape } = tensor;
  const width = BYTES_PER_ELEMENT[storage.type];
  if (isContiguous(tensor)) {
    const data = storageBytes.subarray(offset * width, (offset + elementCount(shape)) * width);
    return { name, shape, type: storage.type, data };
  }
  return { name, shape, type: storage.type, data: copyStrided(tensor, storageBytes, width) };
}

/** Whether the elements lie one after the other in C order. */
export function isContiguous({ shape, strides }: StridedTensor): boolean {
  if (elementCount(shape) === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis] as number;
    if (length > 1 && strides[axis] !== expected) return false;
    expected *= length;
  }
  return true;
}

function copyStrided({ offset, shape, strides }: StridedTensor, source: Uint8Array, width: number): Uint8Array {
  const data = new Uint8Array(elementCount(shape) * width);
  let written = 0;
  const copyAxis = (axis: number, position: number): void => {
    if (axis === shape.length) {
      for (let byte = 0; byte < width; byte++) data[written++] = source[position * width + byte] as number;
      return;
    }
    const stride = strides[axis] as number;
    for (let index = 0; index < (shape[axis] as number); index++) copyAxis(axis + 1, position + index * stride);
  };
  copyAxis(0, offset);
  return data;
}

function namedGlobal(name: string): Pickled | undefined {
  const value = GLOBALS.get(name);
  if (value === undefined && /^torch\.(cuda\.)?\w+Storage$/.test(name)) {
    throw new WeightsError(
      "WEIGHTS_TYPE_UNSUPPORTED",
      `This checkpoint holds numbers of the type "${name}". Expected one of ${Object.keys(STORAGE_TYPES).join(", ")}: ` +
        `convert the tensors with .float() before saving.`,
    );
  }
  return value;
}

/** ("storage", type, key, device, number of elements) and, in the legacy format, None as a sixth. */
function parseStorage(id: Pickled): Storage {
  if (!Array.isArray(id) || id[0] !== "storage") throw unreadable("it names a storage in an unknown way");
  const [, storageType, key, , count, view] = id;
  const { type } = requireKind<StorageType>(storageType, "storageType");
  if (typeof key !== "string") throw unreadable("the name of a storage is not a text");
  if (view !== undefined && view !== null) {
    throw unreadable("it was saved by a PyTorch older than 0.4, with views of storages; save it with a newer one");
  }
  return { kind: "storage", key, type, elementCount: requireCount(count, "the length of a storage") };
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`; the older one ends at stride. */
function rebuildTensor([storageValue, offsetValue, shapeValue, stridesValue]: readonly Pickled[]): StridedTensor {
  const storage = requireKind<Storage>(storageValue, "storage");
  const offset = requireCount(offsetValue, "the offset of a tensor");
  const shape = requireCounts(shapeValue, "the shape of a tensor");
  const strides = requireCounts(stridesValue, "the strides of a tensor");
  if (shape.length !== strides.length) throw unreadable("a tensor has more axes than strides, or fewer");
  const count = elementCount(shape);
  const last = offset + shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), 0);
  if (count > 0 && !(last < storage.elementCount)) {
    throw unreadable(
      `a tensor of shape [${shape.join(", ")}] reaches to element ${last} of a storage of ${storage.elementCount}`,
    );
  }
  return { kind: "tensor", storage, offset: count === 0 ? 0 : offset, shape, strides };
}

/** From nothing, from another dictionary, or from a list of pairs as Python 2 wrote it. */
function dictionaryOf([content]: readonly Pickled[]): Pickled {
  if (content === undefined) return new Map();
  if (content instanceof Map) return new Map(content);
  const pairs = listOf([content]).map((pair): [Pickled, Pickled] => {
    if (!Array.isArray(pair) || pair.length !== 2)
      throw unreadable("a dictionary is made of something other than pairs");
    return [pair[0] as Pickled, pair[1] as Pickled];
  });
  return new Map(pairs);
}

function listOf([content]: readonly Pickled[]): Pickled[] {
  if (content === undefined) return [];
  if (!Array.isArray(content)) throw unreadable("a list is made of something that is not one");
  return content;
}

function builder(build: Builder["build"]): Builder {
  return { kind: "builder", build };
}

function requireKind<T extends PickledObject>(value: Pickled | undefined, kind: T["kind"]): T {
  if (!isKind(value, kind)) throw unreadable(`it has something else where a ${kind} is expected`);
  return value as T;
}

function isKind(value: Pickled | undefined, kind: string): value is PickledObject {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

function requireCounts(value: Pickled | undefined, what: string): number[] {
  if (!Array.isArray(value) || value.length > DIMENSION_LIMIT) throw unreadable(`${what} is not a list of numbers`);
  return value.map((item) => requireCount(item, what));
}

function requireCount(value: Pickled | undefined, what: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw unreadable(`${what} is not a whole number of at least 0`);
  }
  return value;
}

function unreadable(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_UNREADABLE",
    `The index of this PyTorch checkpoint is damaged: ${reason}. Save or download it again.`,
  );
}
