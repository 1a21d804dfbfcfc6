import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeNpy, encodeNpy, type NpyArray } from "./npy.ts";

/**
 * What NumPy 2.4's np.save wrote for np.array([[1.5, -2, 0.25], [0, 1e-3, 3]], "<f4"): the mark, version 1.0, 118
 * characters of header, then the numbers.
 */
const NUMPY_FLOATS = Buffer.from(
  `\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }${" ".repeat(58)}\n` +
    "\x00\x00\xc0?\x00\x00\x00\xc0\x00\x00\x80>\x00\x00\x00\x00o\x12\x83:\x00\x00@@",
  "latin1",
);

/** A file as NumPy writes it, for the parts of the header that matter. */
function npyFile(fields: string, data: readonly number[], version = 1): Uint8Array {
  const header = `${fields}\n`;
  const length = version === 1 ? [header.length, 0] : [header.length, 0, 0, 0];
  return Uint8Array.of(...Buffer.from("\x93NUMPY", "latin1"), version, 0, ...length, ...Buffer.from(header), ...data);
}

test("a file that NumPy wrote is read", () => {
  const { shape, data } = decodeNpy(NUMPY_FLOATS);
  expect(shape).toEqual([2, 3]);
  expect(data).toEqual(Float32Array.of(1.5, -2, 0.25, 0, 1e-3, 3));
});

test("our file is byte for byte NumPy's", () => {
  const bytes = encodeNpy({ shape: [2, 3], data: Float32Array.of(1.5, -2, 0.25, 0, 1e-3, 3) });
  expect(Buffer.from(bytes)).toEqual(NUMPY_FLOATS);
});

test("the numbers start at a multiple of 64 bytes, whatever the length of the shape", () => {
  for (const shape of [[], [1], [1, 1, 1, 1], Array<number>(40).fill(1)]) {
    expect((encodeNpy({ shape, data: Uint8Array.of(5) }).length - 1) % 64).toBe(0);
  }
});

test("one dimension, no dimension, booleans and version 2 are read", () => {
  const readValues = (bytes: Uint8Array): unknown => {
    const { shape, data } = decodeNpy(bytes);
    return [shape, [...data]];
  };
  expect(readValues(npyFile("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }", [1, 0]))).toEqual([
    [2],
    [1, 0],
  ]);
  expect(readValues(npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", [9]))).toEqual([[], [9]]);
  expect(readValues(npyFile("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", [255, 1], 2))).toEqual([
    [2],
    [255, 1],
  ]);
});

test("every kind of array survives a round trip", () => {
  const arrays = fc.oneof(
    fc.float32Array(),
    fc.float64Array(),
    fc.int32Array(),
    fc.bigInt64Array(),
    fc.uint8Array(),
  ) as fc.Arbitrary<NpyArray["data"]>;
  fc.assert(
    fc.property(arrays, (data) => {
      expect(decodeNpy(encodeNpy({ shape: [data.length, 1], data }))).toEqual({ shape: [data.length, 1], data });
    }),
  );
});

test("a part of a larger buffer is written, and read, without the rest", () => {
  const part = Float64Array.of(1, 2, 3, 4).subarray(1, 3);
  const bytes = encodeNpy({ shape: [2], data: part });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeNpy(shifted.subarray(3)).data).toEqual(Float64Array.of(2, 3));
});

test.each([
  ["no .npy file", Uint8Array.of(1, 2, 3), "does not start with the NumPy mark"],
  ["Fortran order", npyFile("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", [0, 0, 0, 0]), "Fortran order"],
  ["big-endian", npyFile("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]), "type >f4"],
  ["a broken header", npyFile("{'descr': 7}", []), "its header is"],
  ["cut short", NUMPY_FLOATS.subarray(0, 140), "needs 24 bytes of data and has 12"],
])("%s is refused with NPY_UNREADABLE", (_name, bytes, message) => {
  expect(() => decodeNpy(bytes)).toThrow(expect.objectContaining({ code: "NPY_UNREADABLE" }));
  expect(() => decodeNpy(bytes)).toThrow(message);
});
