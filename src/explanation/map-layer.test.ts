import { expect, test } from "vitest";
import { paintLayer } from "./map-layer.ts";

test("the least value is transparent, the greatest opaque and of viridis' last colour", () => {
  const layer = paintLayer({ width: 2, height: 1, data: Float32Array.of(0.2, 0.6) }, 2, 1);
  expect([...layer]).toEqual([68, 1, 84, 0, 253, 231, 37, 255]);
});

test("in the middle of the range: viridis' middle colour, opacity (0.5 - 0.15) / 0.85 of 255", () => {
  const layer = paintLayer({ width: 1, height: 1, data: Float32Array.of(5) }, 1, 1, { low: 0, high: 10 });
  expect([...layer]).toEqual([33, 144, 141, 105]);
});

test("an even map shows nothing", () => {
  const layer = paintLayer({ width: 1, height: 2, data: Float32Array.of(3, 3) }, 4, 4);
  expect(layer.filter((_, index) => index % 4 === 3)).toEqual(new Uint8Array(16));
});
