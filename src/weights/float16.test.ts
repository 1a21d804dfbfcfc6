import { expect, test } from "vitest";
import { float16Bits, float16Value, fromBfloat16, fromFloat16, toFloat16 } from "./float16.ts";

test("known values of IEEE 754 half precision", () => {
  const known: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff], // the largest
    [2 ** -14, 0x0400], // the smallest normal one
    [2 ** -24, 0x0001], // the smallest of all
    [1 / 3, 0x3555],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
  ];
  for (const [value, bits] of known) expect([value, float16Bits(value)]).toEqual([value, bits]);
  expect(float16Value(float16Bits(Number.NaN))).toBeNaN();
});

test("every one of the 65,536 halves survives the way to float32 and back", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = float16Value(bits);
    if (Number.isNaN(value)) continue;
    if (float16Bits(value) !== bits || Math.fround(value) !== value)
      expect.fail(`0x${bits.toString(16)} came back as ${float16Bits(value)}`);
  }
});

test("halfway between two neighbours goes to the even one, a little off goes to the nearer", () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const halfway = (float16Value(bits) + float16Value(bits + 1)) / 2;
    const even = bits % 2 === 0 ? bits : bits + 1;
    const below = halfway * (1 - 2 ** -20);
    const above = halfway * (1 + 2 ** -20);
    const found = [float16Bits(below), float16Bits(halfway), float16Bits(above), float16Bits(-halfway)];
    if (found.join() !== [bits, even, bits + 1, 0x8000 | even].join()) expect.fail(`0x${bits.toString(16)}: ${found}`);
  }
});

test("what is beyond the largest half becomes infinity only from 65520 on", () => {
  expect([65519.99, 65520, 1e30].map(float16Bits)).toEqual([0x7bff, 0x7c00, 0x7c00]);
});

test("arrays convert element by element", () => {
  expect([...toFloat16(Float32Array.of(1, -2))]).toEqual([0x3c00, 0xc000]);
  expect([...fromFloat16(Uint16Array.of(0x3c00, 0xc000))]).toEqual([1, -2]);
});

test("bfloat16 is the upper half of a float32", () => {
  // pi as float32 is 0x40490fdb; its upper half alone is 3.140625.
  expect([...fromBfloat16(Uint16Array.of(0x4049, 0xbf80, 0x7f80, 0x0001))]).toEqual([
    3.140625,
    -1,
    Number.POSITIVE_INFINITY,
    2 ** -133,
  ]);
});
