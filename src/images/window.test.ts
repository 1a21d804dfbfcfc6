import fc from "fast-check";
import { expect, test } from "vitest";
import type { Samples } from "./samples.ts";
import { applyWindow, checkWindow, DEFAULT_WINDOW, windowOf } from "./window.ts";

function grey(data: Samples["data"]): Samples {
  return { width: data.length, height: 1, channels: 1, data };
}

/** The definition, on a sorted list: rank p / 100 * (n - 1), linear between ranks. */
function percentileBySorting(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  return below + (rank % 1) * (sorted[Math.ceil(rank)]! - below);
}

test("percentiles of integers and of floats are those of the sorted list", () => {
  const values = fc.array(fc.integer({ min: 0, max: 65_535 }), { minLength: 2, maxLength: 60 });
  const percents = fc.tuple(fc.integer({ min: 0, max: 49 }), fc.integer({ min: 50, max: 100 }));
  fc.assert(
    fc.property(values, percents, (list, [lowPercentile, highPercentile]) => {
      const [low, high] = [percentileBySorting(list, lowPercentile), percentileBySorting(list, highPercentile)];
      fc.pre(low < high);
      for (const data of [Uint16Array.from(list), Float32Array.from(list)]) {
        const window = windowOf(grey(data), { lowPercentile, highPercentile });
        expect(window.low).toBeCloseTo(low, 6);
        expect(window.high).toBeCloseTo(high, 6);
      }
    }),
  );
});

test("quartiles of 1, 2, 3, 10 by hand: 1.75 and 4.75", () => {
  const choice = { lowPercentile: 25, highPercentile: 75 };
  expect(windowOf(grey(Uint8Array.of(10, 1, 3, 2)), choice)).toEqual({ low: 1.75, high: 4.75 });
});

test("an image that is black but for one pixel is windowed from its lowest to its highest value", () => {
  const data = new Uint16Array(10_000);
  data[77] = 4095;
  expect(windowOf(grey(data), DEFAULT_WINDOW)).toEqual({ low: 0, high: 4095 });
});

test("a constant image becomes black", () => {
  const data = new Uint16Array(100).fill(300);
  const window = windowOf(grey(data), DEFAULT_WINDOW);
  expect(window).toEqual({ low: 300, high: 301 });
  expect(applyWindow(data, window).every((value) => value === 0)).toBe(true);
});

test("an image of nothing but transparent or undefined samples has a window too", () => {
  const transparent: Samples = { width: 2, height: 1, channels: 2, data: Uint16Array.of(9, 0, 500, 0) };
  expect(windowOf(transparent, DEFAULT_WINDOW)).toEqual({ low: 0, high: 1 });
  expect(windowOf(grey(Float32Array.of(Number.NaN)), DEFAULT_WINDOW)).toEqual({ low: 0, high: 1 });
});

test("windowing is monotonic, gives 0 up to low and 255 from high on", () => {
  const values = Uint16Array.from({ length: 65_536 }, (_, value) => value);
  const windowed = applyWindow(values, { low: 99.5, high: 40_000 });
  expect(windowed.every((value, index) => index === 0 || value >= windowed[index - 1]!)).toBe(true);
  expect([windowed[0], windowed[99], windowed[40_000], windowed[65_535]]).toEqual([0, 0, 255, 255]);
  expect(windowed[20_000]).toBe(Math.round((255 * (20_000 - 99.5)) / (40_000 - 99.5)));
});

test.each([
  { low: 5, high: 5 },
  { low: Number.NaN, high: 5 },
  { lowPercentile: 60, highPercentile: 40 },
  { lowPercentile: -1, highPercentile: 40 },
  { lowPercentile: 1, highPercentile: 101 },
])("the window %o is IMAGE_WINDOW_INVALID", (choice) => {
  expect(() => checkWindow(choice)).toThrow(expect.objectContaining({ code: "IMAGE_WINDOW_INVALID" }));
});
