import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { WeightsError } from "../core/errors.ts";
import { RandomStream } from "../core/random.ts";
import { memorySource } from "./byte-source.ts";
import { readWeights, type WeightsFile } from "./read.ts";
import { encodeSafetensors } from "./safetensors.ts";
import { BYTES_PER_ELEMENT, elementCount, fromFloat32 } from "./tensor-file.ts";

const golden = resolve(import.meta.dirname, "../../test/golden/pth");

/** A zip archive of stored entries, as small as the format allows. */
function zipOf(entries: Record<string, Uint8Array>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(content.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), Buffer.from(content));
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + content.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

// The few operations of Python's pickle that the files below are written with, after pickletools.py.
const text = (value: string): string => `X${String.fromCharCode(value.length & 255, value.length >> 8, 0, 0)}${value}`;
const int = (value: number): string => {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(8);
  bytes.writeBigInt64LE(BigInt(value), 1);
  return `\x8a${bytes.toString("latin1")}`;
};
const tuple = (...items: string[]): string => `(${items.join("")}t`;
const storage = (elements: number, key = "0", type = "torch\nFloatStorage"): string =>
  `${tuple(text("storage"), `c${type}\n`, text(key), text("cpu"), int(elements))}Q`;
const tensor = (elements: number, offset: number, shape: number[], strides: number[]): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n` +
  `${tuple(storage(elements), int(offset), tuple(...shape.map(int)), tuple(...strides.map(int)), "\x89", ")")}R`;
const dictionary = (...pairs: string[]): string => `}(${pairs.join("")}u`;

/** Reads a zip checkpoint whose index is this pickle and whose storage "0" has four float32. */
function readPickle(pickle: string): WeightsFile {
  const index = Buffer.from(`\x80\x02${pickle}.`, "latin1");
  return readWeights(memorySource(zipOf({ "m/data.pkl": index, "m/data/0": new Uint8Array(16) })));
}

function refusal(code: string, message: string): unknown {
  return expect.objectContaining({ name: "WeightsError", code, message: expect.stringContaining(message) });
}

test("the writer of these files is understood where they are sound", () => {
  const { tensors } = readPickle(dictionary(text("w"), tensor(4, 0, [2, 2], [2, 1])));
  expect(tensors.get("w")).toMatchObject({ shape: [2, 2], type: "float32", data: new Uint8Array(16) });
});

describe("whatever could run code is refused by name", () => {
  test.each([
    ["os.system", `cos\nsystem\n${tuple(text("echo broken into"))}R`],
    ["posix.system", `cposix\nsystem\n${tuple(text("echo"))}R`],
    ["builtins.eval", `cbuiltins\neval\n${tuple(text("1"))}R`],
    ["builtins.getattr", `${text("builtins")}${text("getattr")}\x93)R`],
    ["torch._utils._rebuild_tensor_v3", `ctorch._utils\n_rebuild_tensor_v3\n)R`],
    ["numpy.core.multiarray.scalar", "cnumpy.core.multiarray\nscalar\n)R"],
    ["__main__.Network", "c__main__\nNetwork\n)\x81"],
    ["NEWOBJ", "ccollections\nOrderedDict\n)\x81"],
    ["INST", "(ios\nsystem\n"],
    ["OBJ", "(ccollections\nOrderedDict\no"],
    ["EXT1", "\x82\x01"],
    ["calls something that is not a function", `${text("x")})R`],
    ["inner state", `${text("x")}}b`],
  ])("%s", (name, pickle) => {
    expect(() => readPickle(pickle)).toThrow(refusal("CHECKPOINT_FORBIDDEN", name));
    expect(() => readPickle(pickle)).toThrow(/Nothing was executed/);
  });
});

describe("more than the file can hold is refused before it is allocated", () => {
  test.each([
    ["10 GB declared", tensor(2_500_000_000, 0, [2_500_000_000], [1]), "CHECKPOINT_TOO_LARGE", "need more than"],
    ["a view beyond its storage", tensor(4, 2, [3], [1]), "CHECKPOINT_UNREADABLE", "element 4 of a storage of 4"],
    ["10 GB of one repeated number", tensor(4, 0, [2_500_000_000], [0]), "CHECKPOINT_TOO_LARGE", "need more than"],
    ["an infinite product", tensor(4, 0, Array(60).fill(2 ** 40), Array(60).fill(0)), "CHECKPOINT_TOO_LARGE", "need"],
    ["a storage of another size", tensor(5, 0, [5], [1]), "CHECKPOINT_UNREADABLE", "should have 20 bytes and has 16"],
    ["more strides than axes", tensor(4, 0, [4], [1, 1]), "CHECKPOINT_UNREADABLE", "more axes than strides"],
    ["a negative offset", tensor(4, -1, [4], [1]), "CHECKPOINT_UNREADABLE", "offset"],
    ["100 axes", tensor(4, 0, Array(100).fill(1), Array(100).fill(1)), "CHECKPOINT_UNREADABLE", "shape"],
  ])("%s", (_, pickle, code, message) => {
    expect(() => readPickle(dictionary(text("w"), pickle))).toThrow(refusal(code, message));
  });

  test("an empty tensor with a huge other axis is empty, at once", () => {
    const { tensors } = readPickle(dictionary(text("w"), tensor(4, 0, [2 ** 50, 0, 3], [7, 7, 7])));
    expect(tensors.get("w")?.data).toHaveLength(0);
  });

  test("quantised and complex numbers are named", () => {
    const pickle = storage(4, "0", "torch\nQInt8Storage");
    expect(() => readPickle(pickle)).toThrow(refusal("WEIGHTS_TYPE_UNSUPPORTED", "QInt8Storage"));
  });
});

describe("bombs end in bounded time", () => {
  test.each([
    // Each list holds the one before twice: 2^40 leaves.
    ["a memo bomb", `${dictionary(text("a"), "N")}q\x00${"](h\x00h\x00eq\x00".repeat(40)}`],
    ["a list that holds itself", "]q\x00h\x00a"],
    ["100,000 nested tuples", `)${"\x85".repeat(100_000)}`],
    ["a million marks", "(".repeat(1_000_000)],
    ["a million dictionaries", "}".repeat(1_000_000)],
  ])("%s", (_, pickle) => {
    const begin = performance.now();
    expect(() => readPickle(pickle)).toThrow(expect.objectContaining({ code: "CHECKPOINT_TOO_LARGE" }));
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  test("an integer of a megabyte is refused", () => {
    expect(() => readPickle(`\x8b\x00\x00\x10\x00${"1".repeat(2 ** 20)}`)).toThrow(
      refusal("CHECKPOINT_UNREADABLE", "integer of 1048576 bytes"),
    );
  });
});

describe("a zip archive that is not PyTorch's", () => {
  const sound = zipOf({ "m/data.pkl": Buffer.from("\x80\x02}.", "latin1") });
  const altered = (change: (bytes: Buffer) => void): Buffer => {
    const copy = Buffer.from(sound);
    change(copy);
    return copy;
  };
  const directory = sound.indexOf("PK\x01\x02");

  test.each([
    ["without an index", zipOf({ "m/other": new Uint8Array(4) }), "data.pkl"],
    ["without its end", sound.subarray(0, sound.length - 1), "cut off"],
    ["compressed", altered((bytes) => bytes.writeUInt16LE(8, directory + 10)), "compressed"],
    ["encrypted", altered((bytes) => bytes.writeUInt16LE(1, directory + 8)), "encrypted"],
    ["with a changed byte", altered((bytes) => bytes.writeUInt8(0x5d, 42)), "checksum"],
    ["big-endian", zipOf({ "m/data.pkl": Buffer.from("\x80\x02}."), "m/byteorder": Buffer.from("big") }), "big-endian"],
  ])("%s", (_, bytes, message) => {
    expect(() => readWeights(memorySource(bytes))).toThrow(refusal("CHECKPOINT_UNREADABLE", message));
  });
});

describe("12,000 damaged files are read or refused, and nothing else", () => {
  const files = readdirSync(golden).filter((file) => file.endsWith(".pth"));
  const originals = files.map((file) => readFileSync(join(golden, file)));
  const index = Buffer.from(
    `\x80\x02${dictionary(text("w"), tensor(4, 0, [2, 2], [1, 2]), text("epoch"), int(3))}.`,
    "latin1",
  );
  const weights = encodeSafetensors([fromFloat32("w", [2, 2], new Float32Array(4))], { made: "here" });

  /** One to four changes: bytes set, bits turned, a piece cut out or doubled, the end cut off, or all of it noise. */
  function damage(original: Uint8Array, random: RandomStream): Uint8Array {
    let bytes = Buffer.from(original);
    if (random.chance(0.02)) return Buffer.from(original.map(() => random.integer(256)));
    for (let count = random.integer(4); count >= 0 && bytes.length > 1; count--) {
      const at = random.integer(bytes.length);
      const end = Math.min(bytes.length, at + 1 + random.integer(16));
      const kind = random.integer(5);
      if (kind === 0) bytes[at] = random.integer(256);
      else if (kind === 1) bytes[at] = (bytes[at] as number) ^ (1 << random.integer(8));
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
      else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
      else bytes = bytes.subarray(0, at);
    }
    return bytes;
  }

  function readOrRefuse(bytes: Uint8Array): "read" | "refused" {
    let result: WeightsFile;
    try {
      result = readWeights(memorySource(bytes));
    } catch (error) {
      if (error instanceof WeightsError && error.code !== "") return "refused";
      throw error;
    }
    for (const { shape, type, data, name } of result.tensors.values()) {
      expect(data.length, name).toBe(elementCount(shape) * BYTES_PER_ELEMENT[type]);
    }
    return "read";
  }

  function count(times: number, make: (random: RandomStream, round: number) => Uint8Array): Record<string, number> {
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < times; round++) outcomes[readOrRefuse(make(new RandomStream(round), round))]++;
    return outcomes;
  }

  test("whole files of both formats", () => {
    const outcomes = count(6_000, (random, round) => damage(originals[round % files.length] as Buffer, random));
    expect(outcomes.refused).toBeGreaterThan(3_000);
    expect(outcomes.read).toBeGreaterThan(50);
  });

  test("indices inside a sound archive", () => {
    const outcomes = count(4_000, (random) =>
      zipOf({ "m/data.pkl": damage(index, random), "m/data/0": new Uint8Array(16) }),
    );
    expect(outcomes.refused).toBeGreaterThan(2_000);
    expect(outcomes.read).toBeGreaterThan(50);
  });

  test("safetensors", () => {
    const outcomes = count(2_000, (random) => damage(weights, random));
    expect(outcomes.refused).toBeGreaterThan(1_000);
    expect(outcomes.read).toBeGreaterThan(20);
  });
});
