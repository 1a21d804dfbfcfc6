import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "../core/files.ts";
import { decodeSafetensors, encodeSafetensors, encodeSafetensorsInPieces } from "./safetensors.ts";
import { BYTES_PER_ELEMENT, fromFloat32, type NamedTensor, type TensorType, toFloat32 } from "./tensor-file.ts";

const pair = [fromFloat32("b", [2], Float32Array.of(1, 2)), fromFloat32("a", [], Float32Array.of(3))];

test("a file is a length, a padded header and the data, widest type first and then by name (bytes by hand)", () => {
  const bytes = encodeSafetensors([...pair, { name: "z", shape: [1], type: "int64", data: new Uint8Array(8) }], {
    to: "2",
    from: "1",
  });
  const header =
    '{"__metadata__":{"from":"1","to":"2"},"z":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
    '"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}';
  const length = Math.ceil(header.length / 8) * 8;
  expect(Buffer.from(bytes).readBigUInt64LE()).toBe(BigInt(length));
  expect(Buffer.from(bytes).toString("latin1", 8, 8 + length)).toBe(header.padEnd(length));
  expect(Buffer.from(bytes).toString("hex", 8 + length)).toBe(`${"00".repeat(8)}000040400000803f00000040`);
});

test("the pieces of a file are its bytes, and the numbers of a tensor among them are not copied", () => {
  const pieces = encodeSafetensorsInPieces(pair, { a: "1" });
  expect(Buffer.concat(pieces).equals(encodeSafetensors(pair, { a: "1" }))).toBe(true);
  for (const { data } of pair) expect(pieces.some((piece) => piece === data)).toBe(true);
});

test("the bytes do not depend on the order of tensors or metadata", () => {
  const one = encodeSafetensors(pair, { a: "1", b: "2" });
  expect(encodeSafetensors(pair.toReversed(), { b: "2", a: "1" })).toEqual(one);
});

test("whatever is written reads back the same, names and all", () => {
  const tensor = fc
    .record({
      name: fc
        .string({ unit: "binary", maxLength: 12 })
        .filter((name) => name !== "__metadata__" && name.isWellFormed()),
      shape: fc.array(fc.nat({ max: 3 }), { maxLength: 4 }),
      type: fc.constantFrom(...(Object.keys(BYTES_PER_ELEMENT) as TensorType[])),
    })
    .map(({ name, shape, type }): NamedTensor => {
      const length = shape.reduce((product, size) => product * size, BYTES_PER_ELEMENT[type]);
      return { name, shape, type, data: Uint8Array.from({ length }, (_, index) => (index * 37 + 11) % 256) };
    });
  fc.assert(
    fc.property(fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 }), (tensors) => {
      const read = decodeSafetensors(encodeSafetensors(tensors, { key: "value" }));
      expect(new Map(read.tensors)).toEqual(new Map(tensors.map((item) => [item.name, item])));
      expect(read.metadata).toEqual({ key: "value" });
    }),
    { numRuns: 60 },
  );
});

test("two tensors of one name, or data of another length than the shape, are a mistake of the programmer", () => {
  expect(() => encodeSafetensors([...pair, ...pair])).toThrow("same name");
  expect(() => encodeSafetensors([{ name: "x", shape: [3], type: "float32", data: new Uint8Array(8) }])).toThrow("8 b");
  expect(() => fromFloat32("x", [3], new Float32Array(2))).toThrow("[3]");
});

describe("a file that is not sound is refused", () => {
  const file = (header: string, dataLength = 0, claimed = header.length): Uint8Array => {
    const bytes = Buffer.alloc(8 + header.length + dataLength);
    bytes.writeBigUInt64LE(BigInt(claimed));
    bytes.write(header, 8, "latin1");
    return bytes;
  };
  const one = (dtype: string, shape: string, offsets: string): string =>
    `{"w":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`;
  const two = (first: string, second: string): string =>
    `{"v":{"dtype":"U8","shape":[2],"data_offsets":${first}},"w":{"dtype":"U8","shape":[2],"data_offsets":${second}}}`;

  test.each([
    ["shorter than its length field", new Uint8Array(7), "7 bytes"],
    ["a header longer than the file", file("{}", 0, 1000), "cut off"],
    ["a header of 10^18 bytes", file("{}", 0, 10 ** 18), "header claims"],
    ["a header that is not JSON", file("{nope"), "not JSON"],
    ["a header that is not UTF-8", file('{"\xff":1}'), "not JSON"],
    ["a header that is a list", file("[1]"), "not a JSON object"],
    ["nested brackets", file("[".repeat(100_000)), "not JSON"],
    ["data cut off", file(one("F32", "[2]", "[0,8]"), 7), "cut off"],
    ["data that no tensor owns", file(one("F32", "[2]", "[0,8]"), 9), "it has 9"],
    ["a gap", file(two("[0,2]", "[3,5]"), 5), "begins at byte 3"],
    ["an overlap", file(two("[0,2]", "[1,3]"), 3), "begins at byte 1"],
    ["bytes that do not fit the shape", file(one("F32", "[3]", "[0,8]"), 8), "needs 12 bytes and is given 8"],
    [
      "a shape whose product overflows",
      file(one("U8", `[${"4294967296,".repeat(4)}0,1]`, "[0,8]"), 8),
      "needs 0 bytes",
    ],
    ["ten terabytes", file(one("F32", "[2500000000000]", "[0,10000000000000]"), 8), "need 10000000000000 bytes"],
    ["a negative size", file(one("U8", "[-1]", "[0,1]"), 1), "shape.0"],
    ["a broken size", file(one("U8", "[1.5]", "[0,1]"), 1), "shape.0"],
    ["offsets the wrong way round", file(one("U8", "[2]", "[2,0]"), 2), "given -2"],
    ["an unknown field", file('{"w":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":1}}', 1), '"w" is wrong'],
    ["metadata that is not text", file('{"__metadata__":{"a":1}}'), "metadata"],
    ["a name twice", file(two("[0,2]", "[2,4]").replace('"v"', '"w"'), 4), '"w" twice'],
    ["a name twice, once escaped", file(two("[0,2]", "[2,4]").replace('"v"', '"\\u0077"'), 4), '"w" twice'],
    ["a field twice", file('{"w":{"dtype":"U8","shape":[], "shape" : [],"data_offsets":[0,1]}}', 1), '"shape" twice'],
  ])("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(
      expect.objectContaining({ code: "SAFETENSORS_UNREADABLE", message: expect.stringContaining(message) }),
    );
  });

  test("an unknown type of number has its own code", () => {
    expect(() => decodeSafetensors(file(one("F8_E4M3", "[1]", "[0,1]"), 1))).toThrow(
      expect.objectContaining({ code: "WEIGHTS_TYPE_UNSUPPORTED", message: expect.stringContaining("F8_E4M3") }),
    );
  });

  test("a key that is special in JavaScript is a name like any other", () => {
    const header = one("U8", "[1]", "[0,1]").replace('"w"', '"__proto__"');
    expect([...decodeSafetensors(file(header, 1)).tensors.keys()]).toEqual(["__proto__"]);
  });
});

test("every type of number becomes float32 (bytes by hand)", () => {
  const cases: [TensorType, string, number][] = [
    ["float32", "0000c03f", 1.5],
    ["float64", "000000000000f83f", 1.5],
    ["float16", "003e", 1.5],
    ["bfloat16", "c03f", 1.5],
    ["int64", "feffffffffffffff", -2],
    ["int32", "feffffff", -2],
    ["int16", "feff", -2],
    ["int8", "fe", -2],
    ["uint8", "fe", 254],
    ["bool", "01", 1],
  ];
  for (const [type, hex, expected] of cases) {
    const odd = Uint8Array.from([0, ...Buffer.from(hex, "hex")]).subarray(1);
    expect([type, ...toFloat32({ name: "x", shape: [1], type, data: odd })]).toEqual([type, expected]);
  }
});

const imagenet = resolve(import.meta.dirname, "../../../shared/weights/alexnet-imagenet-features.safetensors");

test.skipIf(!existsSync(imagenet))("the ImageNet features of AlexNet read, where that file is present", () => {
  const { tensors } = decodeSafetensors(readFileSync(imagenet));
  expect([...tensors.values()].map(({ shape }) => shape.join("x"))).toEqual([
    ...["64x3x11x11", "64", "192x64x5x5", "192", "384x192x3x3", "384", "256x384x3x3", "256", "256x256x3x3", "256"],
  ]);
  // torchvision's first filter begins with these.
  const first = toFloat32(tensors.get("features.0.weight") as NamedTensor);
  [0.11864, 0.094069, 0.095437].forEach((value, index) => {
    expect(first[index]).toBeCloseTo(value, 5);
  });
  expect(sha256(readFileSync(imagenet))).toMatch(/^6ce7d0b052bf/);
});
