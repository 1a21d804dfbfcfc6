import { WeightsError } from "../core/errors.ts";
import { isTensor, type StridedTensor } from "./pytorch-tensors.ts";
import type { Pickled, PickledMap } from "./unpickle.ts";

/** Keys under which training scripts save the network's weights beside an optimiser's, an epoch and so on. */
const STATE_DICT_KEYS = ["state_dict", "model_state_dict", "model"];

const DEPTH_LIMIT = 50;
// A value that is in the file once may be referred to from many places, so that visits grow like 2^depth.
const VISIT_LIMIT = 200_000;
const NAME_LIMIT = 1_000;
const TEXT_LIMIT = 1_000;
const LIST_TEXT_LIMIT = 100;

type Flat = { readonly tensors: Map<string, StridedTensor>; readonly metadata: Record<string, string> };

/**
 * Names for what a checkpoint's nested dictionaries and lists hold: the keys on the way, joined by dots. The keys of the
 * network's own weights are left as they are, also where these are wrapped as {"state_dict": ..., "epoch": 3}.
 *
 * Throws CHECKPOINT_TOO_LARGE for nesting that no checkpoint has, CHECKPOINT_UNREADABLE for keys that are not texts
 * or numbers, and for a name that is there twice.
 */
export function flattenCheckpoint(value: Pickled): Flat {
  const tensors = new Map<string, StridedTensor>();
  const metadata = new Map<string, string>();
  let visits = 0;
  const visit = (name: string, item: Pickled, depth: number): void => {
    if (++visits > VISIT_LIMIT || depth > DEPTH_LIMIT || name.length > NAME_LIMIT) throw tooNested();
    if (isTensor(item)) {
      if (tensors.has(name)) throw unreadable(`it has two tensors of the name "${name}"`);
      tensors.set(name, item);
      return;
    }
    const text = describeValue(item);
    if (text !== undefined) metadata.set(name, text);
    else for (const [key, child] of childrenOf(item)) visit(name === "" ? key : `${name}.${key}`, child, depth + 1);
  };
  const wrapper = findStateDict(value);
  for (const [key, child] of childrenOf(value)) visit(key === wrapper ? "" : key, child, 1);
  return { tensors, metadata: Object.fromEntries(metadata) };
}

/** The key of the dictionary that holds the network's weights, if the top level is not that dictionary itself. */
function findStateDict(value: Pickled): string | undefined {
  if (!(value instanceof Map) || [...value.values()].some(isTensor)) return undefined;
  return STATE_DICT_KEYS.find((key) => value.get(key) instanceof Map);
}

function childrenOf(value: Pickled): Iterable<[string, Pickled]> {
  if (Array.isArray(value)) return value.map((item, index) => [String(index), item]);
  if (value instanceof Map) return namedItems(value);
  return [];
}

function* namedItems(dictionary: PickledMap): Iterable<[string, Pickled]> {
  for (const [key, item] of dictionary) {
    if (typeof key === "object") throw unreadable("a dictionary's key is neither text nor number");
    yield [String(key), item];
  }
}

/** A number, a text or a list of them as a short text; undefined for what has tensors or dictionaries inside. */
function describeValue(value: Pickled): string | undefined {
  if (Array.isArray(value)) {
    if (!value.every(isPlain)) return undefined;
    if (value.length > LIST_TEXT_LIMIT) return `list of ${value.length} values`;
    return shorten(`[${value.map((item) => shorten(String(item))).join(", ")}]`);
  }
  return isPlain(value) ? shorten(String(value)) : undefined;
}

function isPlain(value: Pickled): boolean {
  return value === null || typeof value !== "object";
}

function shorten(text: string): string {
  return text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}...` : text;
}

function tooNested(): WeightsError {
  return new WeightsError(
    "CHECKPOINT_TOO_LARGE",
    `This PyTorch checkpoint is nested too deeply, refers to itself or has too many values. ` +
      `Save only the network's state_dict.`,
  );
}

function unreadable(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_UNREADABLE",
    `This PyTorch checkpoint cannot be read: ${reason}. Save it again with texts as keys.`,
  );
}
