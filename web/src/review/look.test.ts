import fc from "fast-check";
import { expect, test } from "vitest";
import { galleryLayout, scrollToRow } from "./gallery-layout.ts";
import { imageAddress, tileSide } from "./image-address.ts";
import { pacePerMinute, withDecision } from "./pace.ts";
import { DEFAULT_SETTINGS, nextOverlay, otherOpacity, otherTileSize, readSettings } from "./settings.ts";
import { moved, WHOLE, zoomedAt } from "./zoom.ts";

test("a zoom keeps the point under the pointer where it is", () => {
  const at = { x: 0.3, y: -0.2 };
  const before = zoomedAt(WHOLE, 2, { x: 0, y: 0 });
  const after = zoomedAt(before, 1.5, at);
  expect((at.x - before.x) / before.scale).toBeCloseTo((at.x - after.x) / after.scale, 12);
  expect((at.y - before.y) / before.scale).toBeCloseTo((at.y - after.y) / after.scale, 12);
});

test("however one zooms and drags, the image covers its stage and is never smaller than whole", () => {
  const part = fc.double({ min: -2, max: 2, noNaN: true });
  const step = fc.record({ factor: fc.double({ min: 0.1, max: 10, noNaN: true }), x: part, y: part });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const end = steps.reduce((zoom, { factor, x, y }) => moved(zoomedAt(zoom, factor, { x, y }), { x, y }), WHOLE);
      expect(end.scale).toBeGreaterThanOrEqual(1);
      expect(end.scale).toBeLessThanOrEqual(16);
      // The image's edges lie at x -+ scale / 2, the stage's at -+ 1 / 2.
      for (const way of [end.x, end.y]) expect(Math.abs(way) - end.scale / 2).toBeLessThanOrEqual(-0.5 + 1e-12);
    }),
  );
});

test("tiles are asked for in the few sizes that are sharp on the screen", () => {
  expect(tileSide(192, 1)).toBe(192);
  expect(tileSide(192, 2)).toBe(384);
  expect(tileSide(193, 1)).toBe(256);
  expect(tileSide(400, 3)).toBe(768);
});

test("an image's address names size and window only where they are asked for", () => {
  expect(imageAddress(7, null, null)).toBe("/api/cells/7/image");
  expect(imageAddress(7, 256, { low: 0.5, high: 99 })).toBe("/api/cells/7/image?side=256&low=0.5&high=99");
});

test("tiles fill the width: columns, gaps and margins add up to it, less than a pixel a column", () => {
  for (const width of [320, 1280, 1911, 3840]) {
    const { columns, picture, rows } = galleryLayout(width, 192, 1000, 16);
    const used = columns * picture + (columns - 1) * 8 + 2 * 8;
    expect(width - used).toBeGreaterThanOrEqual(0);
    expect(width - used).toBeLessThan(columns);
    expect(rows).toBe(Math.ceil(1000 / columns));
  }
});

test("larger letters make larger tiles and higher lines below them", () => {
  const usual = galleryLayout(3840, 192, 1000, 16);
  const large = galleryLayout(3840, 192, 1000, 20);
  // 19 x 192 + 18 x 8 <= 3824 < 20 x 192 + 19 x 8, and 15 x 240 + 14 x 8 <= 3824 < 16 x 240 + 15 x 8.
  expect([usual.columns, large.columns]).toEqual([19, 15]);
  expect(usual.tileHeight - usual.picture).toBe(30);
  expect(large.tileHeight - large.picture).toBe(38);
});

test("who reads on through a gallery turns whole pages: each new page begins with the focused row and has only new ones", () => {
  // Three rows of 200 and a part of the fourth on a screen of 700.
  const [rowHeight, height, ahead] = [200, 700, 80];
  let offset = 0;
  const pages: number[] = [];
  for (let row = 0; row < 12; row++) {
    const align = scrollToRow({ top: 8 + row * rowHeight, rowHeight, ahead, offset, height }, true);
    if (align === null) continue;
    expect(align).toBe("start");
    offset = row * rowHeight;
    pages.push(row);
  }
  expect(pages).toEqual([3, 6, 9]);
});

test("an arrow moves the gallery by as little as it takes, and shows a part of the row that comes", () => {
  const row = { rowHeight: 200, ahead: 80, offset: 0, height: 700 };
  expect(scrollToRow({ ...row, top: 8 + 2 * 200 }, false)).toBeNull();
  expect(scrollToRow({ ...row, top: 8 + 2 * 200, height: 680 }, false)).toBe("auto");
  expect(scrollToRow({ ...row, top: 8 + 2 * 200, offset: 409 }, false)).toBe("auto");
  expect(scrollToRow({ ...row, top: 8 + 2 * 200, offset: 409 }, true)).toBe("start");
});

test("the pace is of the last two minutes, and silent for the first quarter of one", () => {
  let times: readonly number[] = [];
  for (let second = 0; second < 600; second++) times = withDecision(times, second * 1000);
  expect(pacePerMinute(times, 599_000)).toBeCloseTo(60, 9);
  expect(times.length).toBeLessThanOrEqual(121);
  expect(pacePerMinute([1000, 2000], 9000)).toBeNull();
  expect(pacePerMinute([], 9000)).toBeNull();
  expect(pacePerMinute(times, 2_000_000)).toBeNull();
});

test("kept settings are read back; what makes no sense is the default", () => {
  const changed = {
    ...DEFAULT_SETTINGS,
    tileSize: 320,
    advance: "next",
    overlay: "layer6",
    window: { low: 2, high: 98 },
  };
  expect(readSettings(JSON.stringify(changed))).toEqual(changed);
  // As earlier versions kept it.
  expect(readSettings('{"advance":false}').advance).toBe("stay");
  expect(readSettings('{"advance":true}').advance).toBe("unread");
  for (const text of [
    null,
    "",
    "{",
    "7",
    '{"tileSize":7,"contrast":"x","window":{"low":9,"high":3},"overlayOpacity":-1}',
  ])
    expect(readSettings(text)).toEqual(DEFAULT_SETTINGS);
});

test("sizes, strengths and maps go step by step and stop, or come around, at their ends", () => {
  expect(otherTileSize(192, 1)).toBe(224);
  expect(otherTileSize(400, 1)).toBe(400);
  expect(otherTileSize(96, -1)).toBe(96);
  expect(otherOpacity(0.7, 1)).toBe(0.8);
  expect(otherOpacity(1, 1)).toBe(1);
  expect(otherOpacity(0.1, -1)).toBe(0.1);
  expect(nextOverlay(null, ["evidence"])).toBe("evidence");
  expect(nextOverlay("evidence", ["evidence"])).toBeNull();
  // A map that this cell does not have: from the start again.
  expect(nextOverlay("occlusion", ["evidence"])).toBe("evidence");
});
