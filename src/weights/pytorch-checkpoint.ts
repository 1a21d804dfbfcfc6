import { WeightsError } from "../core/errors.ts";
import type { ByteSource } from "./byte-source.ts";
import { flattenCheckpoint } from "./checkpoint-names.ts";
import { gatherTensor, isContiguous, pytorchVocabulary, type Storage, type StridedTensor } from "./pytorch-tensors.ts";
import {
  BYTES_PER_ELEMENT,
  elementCount,
  type Keep,
  type NamedTensor,
  type TensorMap,
  type WeightsIndex,
} from "./tensor-file.ts";
import { type Pickled, unpickle, type Vocabulary } from "./unpickle.ts";
import { readZipDirectory, readZipEntry, type ZipEntry } from "./zip.ts";

/** Gives the bytes of a storage. */
type ReadStorage = (storage: Storage) => Uint8Array;

const PICKLE_LIMIT = 16 * 2 ** 20;
// A storage is at most as large as the file; copies of strided tensors may come to a few times that.
const BYTES_BUDGET_FACTOR = 4;
const BYTES_BUDGET_FLOOR = 16 * 2 ** 20;

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;
const COUNT_BYTES = 8;

/**
 * The tensors of a checkpoint in PyTorch's zip format, torch.save's default since 1.6: `<name>/data.pkl` with the index and
 * `<name>/data/<key>` with each storage.
 *
 * Throws CHECKPOINT_UNREADABLE, CHECKPOINT_FORBIDDEN, CHECKPOINT_TOO_LARGE, WEIGHTS_FILE_CUT_OFF, WEIGHTS_TYPE_UNSUPPORTED.
 */
export function openZipCheckpoint(source: ByteSource): WeightsIndex {
  const entries = readZipDirectory(source);
  const index = [...entries.values()].find(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (index === undefined) throw unreadable("this zip archive has no data.pkl; it is not a checkpoint");
  if (index.size > PICKLE_LIMIT)
    throw tooLarge(`its index takes ${index.size} bytes; at most ${PICKLE_LIMIT} are read`);
  const folder = index.name.slice(0, -"data.pkl".length);
  requireLittleEndian(source, entries.get(`${folder}byteorder`));
  const { vocabulary } = pytorchVocabulary();
  const { value } = unpickle(readZipEntry(source, index), 0, vocabulary);
  return indexOf(value, source.size, (storage) => {
    const entry = entries.get(`${folder}data/${storage.key}`);
    if (entry === undefined) throw unreadable(`it lacks the entry "${folder}data/${storage.key}"`);
    requireStorageSize(storage, entry.size);
    return readZipEntry(source, entry);
  });
}

/**
 * The tensors of a checkpoint in PyTorch's legacy format, torch.save's default before 1.6: pickles of a magic number, of the
 * format's version, of the machine's properties, of the index and of the storages' keys, then each storage's bytes.
 * Throws what `openZipCheckpoint` throws.
 */
export function openLegacyCheckpoint(source: ByteSource): WeightsIndex {
  const head = source.read(0, Math.min(source.size, PICKLE_LIMIT));
  const magic = unpickle(head, 0, NUMBERS_ONLY);
  if (magic.value !== LEGACY_MAGIC) throw unreadable("it is a pickle, and not one of PyTorch's");
  const version = unpickle(head, magic.end, NUMBERS_ONLY);
  if (version.value !== LEGACY_PROTOCOL) throw unreadable(`its version is ${String(version.value)}, not 1001`);
  const machine = unpickle(head, version.end, NUMBERS_ONLY);
  if (!(machine.value instanceof Map) || machine.value.get("little_endian") !== true) {
    throw unreadable("it was saved on a big-endian machine");
  }
  const { vocabulary, storages } = pytorchVocabulary();
  const index = unpickle(head, machine.end, vocabulary);
  const keys = unpickle(head, index.end, NUMBERS_ONLY);
  const positions = findStorages(source, keys.end, keys.value, storages);
  return indexOf(index.value, source.size, (storage) => {
    const position = positions.get(storage.key);
    if (position === undefined) throw unreadable(`it lacks storage "${storage.key}"`);
    return source.read(position, storageBytes(storage));
  });
}

/** The pickles around the index of a legacy file need no names at all. */
const NUMBERS_ONLY: Vocabulary = {
  global: () => undefined,
  persistent: () => {
    throw unreadable("it names a storage outside its index");
  },
};

/** Positions of the storages' bytes; before each stands its number of elements in 8 bytes. */
function findStorages(
  source: ByteSource,
  start: number,
  keys: Pickled,
  storages: ReadonlyMap<string, Storage>,
): ReadonlyMap<string, number> {
  if (!Array.isArray(keys)) throw unreadable("its list of storages is not a list");
  const positions = new Map<string, number>();
  let position = start;
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) throw unreadable("its list of storages has one that no tensor uses");
    const count = source.read(position, COUNT_BYTES);
    const elements = Number(Buffer.from(count).readBigUInt64LE());
    requireStorageSize(storage, elements * BYTES_PER_ELEMENT[storage.type]);
    positions.set(storage.key, position + COUNT_BYTES);
    position += COUNT_BYTES + storageBytes(storage);
  }
  return positions;
}

/** The tensors of an unpickled checkpoint by name, to be read from a file of `fileSize` bytes. */
function indexOf(value: Pickled, fileSize: number, readStorage: ReadStorage): WeightsIndex {
  const { tensors, metadata } = flattenCheckpoint(value);
  const entries = Array.from(tensors, ([name, { shape, storage }]) => ({ name, shape, type: storage.type }));
  return { entries, metadata, read: (keep) => readTensors(tensors, keep, fileSize, readStorage) };
}

/** Reads the tensors that are wanted, each storage once, within a budget of bytes set by the file's size. */
function readTensors(
  tensors: ReadonlyMap<string, StridedTensor>,
  keep: Keep,
  fileSize: number,
  readStorage: ReadStorage,
): TensorMap {
  const budget = fileSize * BYTES_BUDGET_FACTOR + BYTES_BUDGET_FLOOR;
  let spent = 0;
  const spend = (bytes: number): void => {
    spent += bytes;
    if (!(spent <= budget)) throw tooLarge(`its tensors need more than ${budget} bytes and the file has ${fileSize}`);
  };
  const storageOf = new Map<string, Uint8Array>();
  const read = new Map<string, NamedTensor>();
  for (const [name, tensor] of tensors) {
    if (!keep(name)) continue;
    let bytes = storageOf.get(tensor.storage.key);
    if (bytes === undefined) {
      spend(storageBytes(tensor.storage));
      bytes = readStorage(tensor.storage);
      storageOf.set(tensor.storage.key, bytes);
    }
    if (!isContiguous(tensor)) spend(tensorBytes(tensor));
    read.set(name, gatherTensor(name, tensor, bytes));
  }
  return read;
}

function storageBytes({ type, elementCount: count }: Storage): number {
  return count * BYTES_PER_ELEMENT[type];
}

function tensorBytes({ shape, storage }: StridedTensor): number {
  return elementCount(shape) * BYTES_PER_ELEMENT[storage.type];
}

function requireStorageSize(storage: Storage, found: number): void {
  const expected = storageBytes(storage);
  if (found !== expected) {
    throw unreadable(`storage "${storage.key}" should have ${expected} bytes and has ${found}`);
  }
}

function requireLittleEndian(source: ByteSource, entry: ZipEntry | undefined): void {
  if (entry === undefined) return;
  const order = entry.size <= 16 ? Buffer.from(readZipEntry(source, entry)).toString("latin1").trim() : "";
  if (order !== "little") throw unreadable("it was saved on a big-endian machine");
}

function tooLarge(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_TOO_LARGE",
    `This PyTorch checkpoint asks for more than a checkpoint needs: ${reason}. Save only the network's state_dict, ` +
      `each tensor with .contiguous().`,
  );
}

function unreadable(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_UNREADABLE",
    `This PyTorch checkpoint cannot be read: ${reason}. Save or download it again.`,
  );
}
