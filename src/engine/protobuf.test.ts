import fc from "fast-check";
import { expect, test } from "vitest";
import { ProtobufWriter, readProtobuf } from "./protobuf.ts";

test("varints are the bytes of the specification: 150 is 96 01, -1 is ten bytes", () => {
  // https://protobuf.dev/programming-guides/encoding/
  expect([...new ProtobufWriter().integer(1, 150).finish()]).toEqual([0x08, 0x96, 0x01]);
  expect([...new ProtobufWriter().integer(1, -1).finish()]).toEqual([0x08, ...new Array(9).fill(0xff), 0x01]);
  expect([...new ProtobufWriter().text(2, "testing").finish()]).toEqual([0x12, 7, 116, 101, 115, 116, 105, 110, 103]);
  expect([...new ProtobufWriter().float(3, 1).finish()]).toEqual([0x1d, 0, 0, 0x80, 0x3f]);
});

test("a nested message is its length and its fields", () => {
  const inner = new ProtobufWriter().integer(1, 150);
  expect([...new ProtobufWriter().message(3, inner).finish()]).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
});

test("every field number, integer and byte string is read back in order", () => {
  const entry = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.uint8Array({ maxLength: 300 }));
  const field = fc.integer({ min: 1, max: 2 ** 29 - 1 });
  fc.assert(
    fc.property(fc.array(fc.tuple(field, entry)), (entries) => {
      const writer = new ProtobufWriter();
      for (const [number, value] of entries) {
        if (typeof value === "bigint") writer.integer(number, value);
        else writer.bytes(number, value);
      }
      const read = [...readProtobuf(writer.finish())];
      expect(read.map(({ field: number }) => number)).toEqual(entries.map(([number]) => number));
      read.forEach(({ integer, bytes }, index) => {
        const value = entries[index]![1];
        if (typeof value === "bigint") expect(BigInt.asIntN(64, integer)).toBe(value);
        else expect([...bytes]).toEqual([...value]);
      });
    }),
  );
});

test.each([
  ["a varint without an end", [0x08, 0x80]],
  ["a varint of eleven bytes", [0x08, ...new Array(11).fill(0x80)]],
  ["a length beyond the end", [0x12, 5, 1, 2]],
  ["a length of 2^60", [0x12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
  ["half a 32-bit number", [0x1d, 0, 0]],
  ["a group, which ONNX does not use", [0x0b]],
])("%s is refused as MODEL_UNREADABLE", (_, bytes) => {
  expect(() => [...readProtobuf(Uint8Array.from(bytes))]).toThrow(
    expect.objectContaining({ code: "MODEL_UNREADABLE" }),
  );
});
