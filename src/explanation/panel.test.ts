import { expect, test } from "vitest";
import type { RasterImage } from "../images/raster.ts";
import { colourOf } from "./attention-image.ts";
import { drawText, textWidth } from "./lettering.ts";
import { drawPanel, scaleLabels } from "./panel.ts";

const IMAGE: RasterImage = { width: 56, height: 56, channels: 1, data: new Uint8Array(56 * 56).fill(100) };
const MAP = { height: 1, width: 2, data: Float32Array.of(0.2, 0.6) };
const RANGE = { low: 0.2, high: 0.6 };

function pixel({ width, data }: RasterImage, x: number, y: number): number[] {
  return [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)];
}

/** Where a colour occurs: its bounding box. */
function boxOf(image: RasterImage, colour: readonly number[]): { left: number; right: number; count: number } {
  let [left, right, count] = [image.width, -1, 0];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      if (pixel(image, x, y).join() !== colour.join()) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      count++;
    }
  }
  return { left, right, count };
}

test("a panel holds the cell alone, then the cell under each map, each 224 pixels wide", () => {
  const maps = [5, 6].map((layer) => ({ caption: `layer ${layer}`, map: MAP, range: RANGE }));
  const panel = drawPanel({ title: "probability 0.5", image: IMAGE, maps });
  expect(panel.width).toBe(14 + 224 + 18 + 224 + 18 + 224 + 14);
  expect(boxOf(panel, [100, 100, 100])).toEqual({ left: 14, right: 14 + 223, count: 224 * 224 });
});

test("a map's overlay mixes the grey with the colours of its range (by hand at its two ends)", () => {
  const panel = drawPanel({ title: "", image: IMAGE, maps: [{ caption: "layer 6", map: MAP, range: RANGE }] });
  const left = 14 + 224 + 18;
  const mixed = (share: number) => colourOf(share).map((colour) => Math.round(100 * 0.55 + colour * 0.45));
  expect(pixel(panel, left, 100)).toEqual(mixed(0));
  expect(pixel(panel, left + 223, 100)).toEqual(mixed(1));
});

test("what a person marked is outlined on the maps, not on the cell", () => {
  const mask = { width: 56, height: 56, data: new Uint16Array(56 * 56) };
  mask.data[28 * 56 + 28] = 1;
  const panel = drawPanel({ title: "", image: IMAGE, maps: [{ caption: "", map: MAP, range: RANGE }], mask });
  const { left, right, count } = boxOf(panel, [0, 229, 255]);
  const tile = 14 + 224 + 18;
  expect([left, right]).toEqual([tile + 28 * 4, tile + 28 * 4 + 3]);
  // A pixel of the image is 4 x 4 of the panel; its rim has 12.
  expect(count).toBe(12);
});

test("a network without attention, and an image that is not square, make a panel too", () => {
  const wide: RasterImage = { width: 40, height: 20, channels: 3, data: new Uint8Array(40 * 20 * 3).fill(9) };
  const panel = drawPanel({ title: "", image: wide, maps: [] });
  expect(boxOf(panel, [9, 9, 9])).toEqual({ left: 14, right: 14 + 223, count: 224 * 112 });
});

test("a scale's ends have as many decimals as it takes to tell them apart", () => {
  expect(scaleLabels({ low: 0, high: 1 })).toEqual(["0.00", "1.00"]);
  expect(scaleLabels({ low: 0.5, high: 0.53 })).toEqual(["0.500", "0.530"]);
  expect(scaleLabels({ low: 0.5, high: 0.502 })).toEqual(["0.5000", "0.5020"]);
});

test("letters are dots: the digit 1 as drawn by hand, small letters as capitals, strangers as a box", () => {
  const written = (text: string): string[] => {
    const image: RasterImage = {
      width: textWidth(text, 1),
      height: 7,
      channels: 3,
      data: new Uint8Array(3 * 7 * textWidth(text, 1)),
    };
    drawText(image, text, { left: 0, top: 0, dot: 1, colour: [255, 255, 255] });
    return Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: image.width }, (_, x) => (pixel(image, x, y)[0] === 255 ? "#" : ".")).join(""),
    );
  };
  expect(written("1")).toEqual(["..#..", ".##..", "..#..", "..#..", "..#..", "..#..", ".###."]);
  expect(written("mn")).toEqual(written("MN"));
  expect(written("核")).toEqual(["#####", "#...#", "#...#", "#...#", "#...#", "#...#", "#####"]);
});
