import { expect, test } from "vitest";
import { colourOf, overlayAttention, rangeOf, upsampleMap } from "./attention-image.ts";

test("upsampling 2 samples to 4 puts them at 1/4 and 3/4 (by hand: 0, 1/4, 3/4, 1)", () => {
  const map = { height: 1, width: 2, data: Float32Array.of(0, 1) };
  expect([...upsampleMap(map, 4, 1)]).toEqual([0, 0.25, 0.75, 1]);
});

test("upsampling keeps an even map even and a map of the same size as it is", () => {
  const even = { height: 3, width: 3, data: new Float32Array(9).fill(0.5) };
  expect(new Set(upsampleMap(even, 7, 11))).toEqual(new Set([0.5]));
  const map = { height: 2, width: 2, data: Float32Array.of(0.1, 0.2, 0.3, 0.4) };
  expect(upsampleMap(map, 2, 2)).toEqual(map.data);
});

test("the colour scale runs from inferno's black to its pale yellow and rises in lightness", () => {
  expect(colourOf(0)).toEqual([0, 0, 4]);
  expect(colourOf(1)).toEqual([252, 255, 164]);
  expect(colourOf(-3)).toEqual(colourOf(0));
  const lightness = Array.from({ length: 65 }, (_, step) => {
    const [red, green, blue] = colourOf(step / 64);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  expect(lightness).toEqual(lightness.toSorted((one, other) => one - other));
});

test("an overlay mixes grey and colour by its opacity (by hand at opacity 0.5)", () => {
  const image = { width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(100, 200) };
  const map = { height: 1, width: 2, data: Float32Array.of(0.2, 0.6) };
  const { data } = overlayAttention(image, map, { opacity: 0.5 });
  expect([...data]).toEqual([50, 50, 52, 226, 228, 182]);
  expect(rangeOf(map).high).toBeCloseTo(0.6, 6);
});

test("an even map is laid over in the scale's lowest colour, not in noise", () => {
  const image = { width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(10) };
  const map = { height: 1, width: 1, data: Float32Array.of(0.5) };
  expect([...overlayAttention(image, map, { opacity: 1 }).data]).toEqual([0, 0, 4]);
});
