import { expect, test } from "vitest";
import { fitMask, marksAnything, outlineOf } from "./mask.ts";

const mask = (width: number, ...numbers: number[]) => ({
  width,
  height: numbers.length / width,
  data: Uint16Array.from(numbers),
});

test("a mask of twice the size gives every second pixel, one of half the size gives each pixel four times", () => {
  const large = mask(4, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 5, 0, 6);
  expect([...fitMask(large, 2, 2).data]).toEqual([0, 0, 5, 6]);
  expect([...fitMask(mask(2, 7, 0, 0, 9), 4, 4).data]).toEqual([7, 7, 0, 0, 7, 7, 0, 0, 0, 0, 9, 9, 0, 0, 9, 9]);
});

test("a mask of the image's size is the mask itself", () => {
  const same = mask(2, 1, 0, 0, 1);
  expect(fitMask(same, 2, 2)).toBe(same);
});

test("a mask of other proportions is another image's; a pixel of rounding is not", () => {
  expect(() => fitMask(mask(2, 1, 1), 8, 8)).toThrow(expect.objectContaining({ code: "MASK_SIZE" }));
  const rounded = { width: 224, height: 113, data: new Uint16Array(224 * 113) };
  expect(fitMask(rounded, 448, 225)).toMatchObject({ width: 448, height: 225 });
});

test("any number but 0 marks", () => {
  expect(marksAnything(mask(2, 0, 0, 300, 0))).toBe(true);
  expect(marksAnything(mask(2, 0, 0, 0, 0))).toBe(false);
});

test("the outline of one pixel is its four sides; two neighbours share none (by hand)", () => {
  expect(outlineOf(mask(3, 0, 0, 0, 0, 1, 0, 0, 0, 0))).toBe("M1 1H2M1 2H2M1 1V2M2 1V2");
  expect(outlineOf(mask(2, 1, 2))).toBe("M0 0H2M0 1H2M0 0V1M2 0V1");
  expect(outlineOf(mask(2, 0, 0))).toBe("");
});

test("an outline's length is the number of sides between marked and unmarked pixels", () => {
  const numbers = Array.from({ length: 100 }, (_, pixel) => ((pixel * 7919) % 13 < 5 ? 1 : 0));
  const at = (x: number, y: number) => (x < 0 || y < 0 || x > 9 || y > 9 ? 0 : numbers[10 * y + x]);
  let sides = 0;
  for (let y = 0; y <= 10; y++) {
    for (let x = 0; x <= 10; x++) {
      if (x < 10 && at(x, y) !== at(x, y - 1)) sides++;
      if (y < 10 && at(x, y) !== at(x - 1, y)) sides++;
    }
  }
  const lines = [...outlineOf(mask(10, ...numbers)).matchAll(/M(\d+) (\d+)([HV])(\d+)/g)];
  const drawn = lines.reduce((sum, [, x, y, way, to]) => sum + Number(to) - Number(way === "H" ? x : y), 0);
  expect(drawn).toBe(sides);
});
