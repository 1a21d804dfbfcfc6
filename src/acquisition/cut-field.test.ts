import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { readImage } from "../images/decode.ts";
import { readMask } from "../images/mask.ts";
import type { AnnotatedField } from "./annotated-field.ts";
import { cutField, SIDE } from "./cut-field.ts";
import { derivedLabel, expertLabel } from "./label-rules.ts";

const SIZE = 200;
const BACKGROUND = 100;

interface Disc {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly grey: number;
  /** Present for a micronucleus: its cell. */
  readonly parent?: number;
}

/** A drawn 16-bit field: discs on a background of 100, 105, 110, 115, 120: median 110, noise 1.4826 * 5 = 7.4. */
function drawField(discs: readonly Disc[]): AnnotatedField {
  const grey = Uint16Array.from({ length: SIZE * SIZE }, (_, at) => BACKGROUND + (at % 5) * 5);
  const [nuclei, micronuclei] = [new Uint16Array(SIZE * SIZE), new Uint16Array(SIZE * SIZE)];
  for (const { id, x, y, radius, grey: value, parent } of discs) {
    for (let at = 0; at < SIZE * SIZE; at++) {
      if (Math.hypot((at % SIZE) - x, Math.floor(at / SIZE) - y) > radius) continue;
      grey[at] = value;
      (parent === undefined ? nuclei : micronuclei)[at] = id;
    }
  }
  const square = { width: SIZE, height: SIZE };
  return {
    name: "drawn",
    grey: { ...square, channels: 1, data: grey },
    nuclei: { ...square, data: nuclei },
    micronuclei: { ...square, data: micronuclei },
    parentOf: new Map(discs.flatMap(({ id, parent }) => (parent === undefined ? [] : [[id, parent] as const]))),
  };
}

const nucleus = (id: number, x: number, y: number, radius = 10, grey = 1000): Disc => ({ id, x, y, radius, grey });
const micronucleus = (id: number, x: number, y: number, parent: number, radius = 2): Disc => ({
  id,
  x,
  y,
  radius,
  grey: 600,
  parent,
});

test("the window is 2.6 diameters of the median nucleus, even, centred, and shifted into the field (by hand)", () => {
  // A disc of radius 10 has 317 pixels: 2.6 sqrt(4 * 317 / pi) = 52.2, so 52.
  const cells = cutField(drawField([nucleus(1, 100, 60), nucleus(2, 20, 180)]), expertLabel);
  // Bounding box 90..110 and 50..70 (21 pixels): floor((90 + 111 - 52) / 2) = 74 and floor((50 + 71 - 52) / 2) = 34.
  expect(cells[0]?.window).toEqual({ left: 74, top: 34, width: 52, height: 52 });
  expect(cells[1]?.window).toEqual({ left: 0, top: 148, width: 52, height: 52 });
});

test("the window is black at the background and white at 1.1 times the nucleus", () => {
  const [cell] = cutField(drawField([nucleus(1, 100, 100)]), expertLabel);
  const at = (x: number, y: number) => cell?.image.data[y * SIDE + x];
  // 255 * (1000 - 100) / (1.1 * 1000 - 100) = 229.5
  expect(at(56, 56)).toBeGreaterThanOrEqual(229);
  expect(at(56, 56)).toBeLessThanOrEqual(230);
  expect(at(3, 3)).toBeLessThan(8);
});

test("left out: a nucleus at the border, a fragment, one that is too long and one that hardly shows", () => {
  const whole = [1, 2, 3, 4, 5].map((id) => nucleus(id, 30 * id, 60));
  const others = [
    nucleus(11, 10, 120),
    nucleus(12, 60, 120, 3),
    nucleus(13, 120, 140, 48),
    nucleus(14, 60, 160, 10, 130),
  ];
  const kept = cutField(drawField([...whole, ...others]), expertLabel).map(({ id }) => id);
  expect(kept).toEqual([1, 2, 3, 4, 5]);
});

test("own micronuclei in view make mn, a neighbour's makes ambiguous, a lonely nucleus is normal", () => {
  const field = drawField([
    nucleus(1, 40, 40),
    micronucleus(1, 55, 40, 1),
    nucleus(2, 150, 40),
    nucleus(3, 150, 150),
    micronucleus(2, 135, 150, 9),
  ]);
  const labels = new Map(cutField(field, expertLabel).map(({ id, label }) => [id, label]));
  expect(labels).toEqual(
    new Map([
      [1, "mn"],
      [2, "normal"],
      [3, "ambiguous"],
    ]),
  );
});

test("labels derived from small objects want the size of a micronucleus", () => {
  const label = (radius: number) =>
    cutField(drawField([nucleus(1, 100, 100), micronucleus(1, 118, 100, 1, radius)]), derivedLabel)[0]?.label;
  // Discs of radius 1, 2 and 6 have 5, 13 and 113 pixels; micronuclei have 9 to 110.
  expect([label(1), label(2), label(6)]).toEqual(["ambiguous", "mn", "ambiguous"]);
});

test("more than four small objects are no micronuclei but the fragments of a dying cell", () => {
  const fragments = [0, 1, 2, 3, 4].map((index) => micronucleus(index + 1, 80 + 10 * index, 118, 1));
  expect(cutField(drawField([nucleus(1, 100, 100), ...fragments]), derivedLabel)[0]?.label).toBe("ambiguous");
});

const shared = resolve(import.meta.dirname, "../../../shared/data");

/** Three fields, so that the test takes seconds. Over all 33, two cells near the least signal to noise are missing of 2,225. */
test.skipIf(!existsSync(join(shared, "fields/hatch")))(
  "real fields give the published cells: same windows, same labels, same pixels (skipped without ../shared/data)",
  async () => {
    const fields = JSON.parse(readFileSync(join(shared, "fields/fields.json"), "utf8")) as Record<string, FieldRecord>;
    const rows = parse(readFileSync(join(shared, "cells/manifest.csv")), { columns: true }) as Record<string, string>[];
    const names = Object.keys(fields).filter((_, index) => index % 11 === 6);
    const result = { published: 0, cut: 0, sameWindow: 0, sameLabel: 0 };
    const differences: number[] = [];
    for (const name of names) {
      const field = await sharedField(name.replace("hatch/", ""), fields[name]!);
      const published = new Map(
        rows
          .filter((row) => row.source === "hatch" && row.field === field.name)
          .map((row) => [Number(/_c(\d+)\./.exec(row.file!)?.[1]), row]),
      );
      result.published += published.size;
      for (const cell of cutField(field, expertLabel)) {
        result.cut++;
        const row = published.get(cell.id);
        if (row === undefined) continue;
        const { left, top, width } = cell.window;
        if (`${left},${top},${width}` === `${row.crop_x},${row.crop_y},${row.crop_side_px}`) result.sameWindow++;
        if (cell.label === row.label) result.sameLabel++;
        // Where the 8-bit field is clipped inside the nucleus, the white point of the 16-bit original is lost.
        if (cell.nucleus.pixels.some((at) => field.grey.data[at] === 255)) continue;
        const { data } = await readImage(join(shared, "cells", row.file!));
        differences.push(meanOf(data.map((value, at) => Math.abs(value - cell.image.data[at]!))));
      }
    }
    expect(result.published).toBeGreaterThan(100);
    expect(result.sameWindow).toBe(result.cut);
    expect(result.sameLabel / result.published).toBeGreaterThanOrEqual(0.99);
    expect(meanOf(differences)).toBeLessThan(1.5);
    expect(differences.filter((difference) => difference < 3).length / differences.length).toBeGreaterThan(0.95);
  },
);

interface FieldRecord {
  readonly boxes: readonly { readonly cls: string; readonly id: number; readonly parent?: number }[];
}

async function sharedField(name: string, { boxes }: FieldRecord): Promise<AnnotatedField> {
  const mask = (kind: string) => readMask(join(shared, "fields/hatch", kind, `${name}.png`));
  const { width, height, data } = await mask("images");
  return {
    name,
    grey: { width, height, channels: 1, data },
    nuclei: await mask("nuclei"),
    micronuclei: await mask("mn"),
    parentOf: new Map(boxes.filter(({ cls }) => cls === "mn").map(({ id, parent }) => [id, parent ?? 0])),
  };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}
