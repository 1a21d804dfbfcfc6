import { WeightsError } from "../core/errors.ts";

/**
 * Anything that a pickle may be made of here. Lists, tuples and sets are arrays, dictionaries are maps; what a global name
 * or a persistent id stands for is the vocabulary's business.
 */
export type Pickled = null | boolean | number | bigint | string | Uint8Array | Pickled[] | PickledMap | PickledObject;
export type PickledMap = Map<Pickled, Pickled>;
/** A value that only the vocabulary makes and understands, such as a tensor or a type of storage. */
export interface PickledObject {
  readonly kind: string;
}

/** A global that may be called: a pure function of ours that stands for one of Python's. */
export interface Builder extends PickledObject {
  readonly kind: "builder";
  build(callArguments: readonly Pickled[]): Pickled;
}

/** All that a pickle may refer to. */
export interface Vocabulary {
  /** What "module.name" stands for; undefined: it is refused. */
  global(name: string): Pickled | undefined;
  /** What a persistent id, PyTorch's way to name a storage, stands for. */
  persistent(id: Pickled): Pickled;
}

// Far above what the checkpoint of a large network needs (ResNet-50 with its optimiser: 25,000), and still below 0.2 s and 200 MB.
const OPERATION_LIMIT = 500_000;
const INTEGER_BYTES_LIMIT = 64;

/** Operations that call, import or allocate what only Python has; named, so that a refusal can name them. */
const REFUSED_OPERATIONS = new Map([
  [0x69, "INST"],
  [0x6f, "OBJ"],
  [0x81, "NEWOBJ"],
  [0x92, "NEWOBJ_EX"],
  [0x82, "EXT1"],
  [0x83, "EXT2"],
  [0x84, "EXT4"],
  [0x50, "PERSID"],
  [0x97, "NEXT_BUFFER"],
  [0x98, "READONLY_BUFFER"],
  [0x46, "FLOAT (text)"],
  [0x49, "INT (text)"],
  [0x4c, "LONG (text)"],
  [0x53, "STRING (text)"],
  [0x56, "UNICODE (text)"],
]);

/**
 * Reads one pickle (Python's protocols 2 to 5, binary operations) from `start` on; `end` is the position behind it.
 *
 * Nothing in the file is executed: a pickle is a program for a small stack machine, and of its operations only those exist
 * here that push numbers and texts and fill lists, tuples and dictionaries, and one that passes arguments to a builder
 * that the vocabulary has. Time and memory are bounded by a number of operations and by the length of the input.
 *
 * Source: the comments of Python's Lib/pickletools.py. Throws CHECKPOINT_FORBIDDEN, CHECKPOINT_UNREADABLE,
 * CHECKPOINT_TOO_LARGE.
 */
export function unpickle(bytes: Uint8Array, start: number, vocabulary: Vocabulary): { value: Pickled; end: number } {
  const machine = new Machine(bytes, start, vocabulary);
  for (let count = 0; count < OPERATION_LIMIT; count++) {
    const operation = machine.uint(1);
    if (operation === STOP) return { value: machine.pop(), end: machine.position };
    const run = OPERATIONS.get(operation);
    if (run === undefined) throw refusedOperation(operation, machine.position - 1);
    run(machine);
  }
  throw new WeightsError(
    "CHECKPOINT_TOO_LARGE",
    `The index of this checkpoint needs more than ${OPERATION_LIMIT} steps to read. Save only the network's state_dict.`,
  );
}

/** The stack machine's state while one pickle is read. */
class Machine {
  position: number;
  readonly vocabulary: Vocabulary;
  readonly #bytes: Buffer;
  readonly #stack: Pickled[] = [];
  /** Heights of the stack at the marks that are open. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Pickled>();

  constructor(bytes: Uint8Array, start: number, vocabulary: Vocabulary) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.vocabulary = vocabulary;
  }

  push(value: Pickled): void {
    this.#stack.push(value);
  }

  pop(): Pickled {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw unreadable("it takes a value where there is none");
    return this.#stack.pop() as Pickled;
  }

  top(): Pickled {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): Pickled[] {
    const height = this.#marks.pop();
    if (height === undefined) throw unreadable("it ends a list that was not begun");
    return this.#stack.splice(height);
  }

  remember(key: number = this.#memo.size): void {
    this.#memo.set(key, this.top());
  }

  recall(key: number): void {
    const value = this.#memo.get(key);
    if (value === undefined) throw unreadable(`it refers to value ${key}, which it did not store`);
    this.push(value);
  }

  /** The next `length` bytes. */
  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.#bytes.length) throw unreadable("it ends in the middle");
    const taken = this.#bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }

  /** The next 1, 2, 4 or 8 bytes as an unsigned number. */
  uint(length: 1 | 2 | 4 | 8): number {
    const bytes = this.take(length);
    return length === 8 ? Number(bytes.readBigUInt64LE()) : bytes.readUIntLE(0, length);
  }

  /** The next bytes up to a line's end, which is taken too. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    if (end < 0) throw unreadable("it ends in the middle of a name");
    const text = this.take(end - this.position).toString("utf8");
    this.position++;
    return text;
  }
}

const STOP = 0x2e;

type Operation = (machine: Machine) => void;

/** By Python's names, in the order of pickletools.py. */
const OPERATIONS = new Map<number, Operation>([
  // Numbers, texts and constants
  [0x4a, (m) => m.push(m.take(4).readInt32LE())], // BININT
  [0x4b, (m) => m.push(m.uint(1))], // BININT1
  [0x4d, (m) => m.push(m.uint(2))], // BININT2
  [0x8a, (m) => m.push(readInteger(m, m.uint(1)))], // LONG1
  [0x8b, (m) => m.push(readInteger(m, m.uint(4)))], // LONG4
  [0x47, (m) => m.push(m.take(8).readDoubleBE())], // BINFLOAT
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x55, (m) => m.push(m.take(m.uint(1)).toString("latin1"))], // SHORT_BINSTRING
  [0x54, (m) => m.push(m.take(m.uint(4)).toString("latin1"))], // BINSTRING
  [0x43, (m) => m.push(m.take(m.uint(1)))], // SHORT_BINBYTES
  [0x42, (m) => m.push(m.take(m.uint(4)))], // BINBYTES
  [0x8e, (m) => m.push(m.take(m.uint(8)))], // BINBYTES8
  [0x96, (m) => m.push(m.take(m.uint(8)))], // BYTEARRAY8
  [0x8c, (m) => m.push(m.take(m.uint(1)).toString("utf8"))], // SHORT_BINUNICODE
  [0x58, (m) => m.push(m.take(m.uint(4)).toString("utf8"))], // BINUNICODE
  [0x8d, (m) => m.push(m.take(m.uint(8)).toString("utf8"))], // BINUNICODE8
  // Lists, tuples, sets and dictionaries
  [0x5d, (m) => m.push([])], // EMPTY_LIST
  [0x61, (m) => appendTo(m, [m.pop()])], // APPEND
  [0x65, (m) => appendTo(m, m.popToMark())], // APPENDS
  [0x6c, (m) => m.push(m.popToMark())], // LIST
  [0x29, (m) => m.push([])], // EMPTY_TUPLE
  [0x74, (m) => m.push(m.popToMark())], // TUPLE
  [0x85, (m) => pushTuple(m, 1)], // TUPLE1
  [0x86, (m) => pushTuple(m, 2)], // TUPLE2
  [0x87, (m) => pushTuple(m, 3)], // TUPLE3
  [0x8f, (m) => m.push([])], // EMPTY_SET
  [0x90, (m) => appendTo(m, m.popToMark())], // ADDITEMS
  [0x91, (m) => m.push(m.popToMark())], // FROZENSET
  [0x7d, (m) => m.push(new Map())], // EMPTY_DICT
  [0x64, (m) => pushDictionary(m)], // DICT
  [0x73, (m) => setLastPair(m)], // SETITEM
  [0x75, (m) => setItems(m, m.popToMark())], // SETITEMS
  // The stack and the memo
  [0x30, (m) => m.pop()], // POP
  [0x31, (m) => m.popToMark()], // POP_MARK
  [0x32, (m) => m.push(m.top())], // DUP
  [0x28, (m) => m.mark()], // MARK
  [0x71, (m) => m.remember(m.uint(1))], // BINPUT
  [0x72, (m) => m.remember(m.uint(4))], // LONG_BINPUT
  [0x94, (m) => m.remember()], // MEMOIZE
  [0x68, (m) => m.recall(m.uint(1))], // BINGET
  [0x6a, (m) => m.recall(m.uint(4))], // LONG_BINGET
  // Names and what is built from them
  [0x63, (m) => pushGlobal(m, m.line(), m.line())], // GLOBAL
  [0x93, (m) => pushStackGlobal(m)], // STACK_GLOBAL
  [0x52, (m) => callBuilder(m)], // REDUCE
  [0x62, (m) => ignoreState(m)], // BUILD
  [0x51, (m) => m.push(m.vocabulary.persistent(m.pop()))], // BINPERSID
  // Marks of the protocol
  [0x80, (m) => requireProtocol(m.uint(1))], // PROTO
  [0x95, (m) => m.take(8)], // FRAME: a hint for buffered reading
]);

/** A two's complement little-endian integer; a bigint where a number would not be exact. */
function readInteger(machine: Machine, length: number): number | bigint {
  if (length > INTEGER_BYTES_LIMIT) throw unreadable(`it has an integer of ${length} bytes`);
  if (length === 0) return 0;
  const magnitude = BigInt(`0x${Buffer.from(machine.take(length)).reverse().toString("hex")}`);
  const value = BigInt.asIntN(length * 8, magnitude);
  return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function appendTo(machine: Machine, items: readonly Pickled[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw unreadable("it appends to something that is not a list");
  for (const item of items) list.push(item);
}

function pushTuple(machine: Machine, length: number): void {
  const items: Pickled[] = [];
  for (let count = 0; count < length; count++) items.push(machine.pop());
  machine.push(items.reverse());
}

function pushDictionary(machine: Machine): void {
  const items = machine.popToMark();
  machine.push(new Map());
  setItems(machine, items);
}

function setLastPair(machine: Machine): void {
  const value = machine.pop();
  setItems(machine, [machine.pop(), value]);
}

/** `items`: key, value, key, value ... */
function setItems(machine: Machine, items: readonly Pickled[]): void {
  const dictionary = machine.top();
  if (!(dictionary instanceof Map)) throw unreadable("it sets an item of something that is not a dictionary");
  if (items.length % 2 !== 0) throw unreadable("it has a dictionary's key without a value");
  for (let index = 0; index < items.length; index += 2) {
    dictionary.set(items[index] as Pickled, items[index + 1] as Pickled);
  }
}

function pushStackGlobal(machine: Machine): void {
  const name = machine.pop();
  const module = machine.pop();
  if (typeof module !== "string" || typeof name !== "string") throw unreadable("it names a class by something odd");
  pushGlobal(machine, module, name);
}

function pushGlobal(machine: Machine, module: string, name: string): void {
  const value = machine.vocabulary.global(`${module}.${name}`);
  if (value === undefined) throw forbidden(`it asks for "${`${module}.${name}`.slice(0, 200)}"`);
  machine.push(value);
}

function callBuilder(machine: Machine): void {
  const callArguments = machine.pop();
  const callee = machine.pop();
  if (!isBuilder(callee)) throw forbidden("it calls something that is not a function");
  if (!Array.isArray(callArguments)) throw unreadable("it calls a function without a list of arguments");
  machine.push(callee.build(callArguments));
}

/** BUILD gives an object its attributes. On a dictionary, such as a state_dict's `_metadata`, they are of no use here. */
function ignoreState(machine: Machine): void {
  machine.pop();
  if (!(machine.top() instanceof Map)) throw forbidden("it sets the inner state of something that is not a dictionary");
}

function requireProtocol(version: number): void {
  if (version < 2 || version > 5) throw unreadable(`it is of pickle protocol ${version}; 2 to 5 are read`);
}

function isBuilder(value: Pickled): value is Builder {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "builder";
}

function refusedOperation(operation: number, position: number): WeightsError {
  const name = REFUSED_OPERATIONS.get(operation);
  if (name !== undefined) return forbidden(`it uses the operation ${name} at position ${position}`);
  return unreadable(`byte 0x${operation.toString(16)} at position ${position} is no operation of a pickle`);
}

function forbidden(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_FORBIDDEN",
    `This checkpoint holds more than tensors, plain containers and numbers: ${reason}. Nothing was executed. ` +
      `Expected a saved state_dict: in Python, torch.save(model.state_dict(), "weights.pth").`,
  );
}

function unreadable(reason: string): WeightsError {
  return new WeightsError(
    "CHECKPOINT_UNREADABLE",
    `The index of this PyTorch checkpoint is damaged: ${reason}. Save or download it again.`,
  );
}
