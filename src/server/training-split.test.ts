import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { LabelledCell } from "./labelled-cells.ts";
import type { Unit } from "./training-record.ts";
import { planTraining, splitLabelledCells, unitOf } from "./training-split.ts";

const NOTHING = { heldOut: new Set<string>(), seen: new Set<string>() };
const stream = () => new RandomStream(1);

/** `slides` slides of one sample each (or of one sample), with so many cells of each class. */
function cellsOf(slides: number, each: number, options: { oneSample?: boolean; fields?: number } = {}): LabelledCell[] {
  return Array.from({ length: slides * each * 2 }, (_, index): LabelledCell => {
    const slide = index % slides;
    const place = Math.floor(index / slides);
    const field = options.fields === undefined ? null : `field ${Math.floor(place / 2) % options.fields}`;
    return {
      id: index,
      path: `/cells/${index}.png`,
      picture: `picture ${index}`,
      positive: place % 2 === 0,
      units: {
        sample: options.oneSample ? "sample 1" : `sample ${slide}`,
        slide: `slide ${slide}`,
        field: field && `slide ${slide} / ${field}`,
      },
    };
  });
}

/** The splits of each unit's cells. */
function partsOf(cells: readonly LabelledCell[], unit: Unit, splitOf: ReadonlyMap<LabelledCell, string>) {
  const units = Map.groupBy(cells, (cell) => unitOf(cell, unit));
  return [...units.values()].map((members) => new Set(members.map((cell) => splitOf.get(cell))));
}

test("whole samples are held out, about a fifth, and each part has both classes", () => {
  const cells = cellsOf(10, 10);
  const { unit, splitOf } = splitLabelledCells(cells, NOTHING, stream());
  expect(unit).toBe("sample");
  expect(partsOf(cells, unit, splitOf).every((parts) => parts.size === 1)).toBe(true);
  const count = (split: string, positive: boolean) =>
    cells.filter((cell) => splitOf.get(cell) === split && cell.positive === positive).length;
  for (const positive of [true, false])
    expect(["train", "val", "test"].map((split) => count(split, positive))).toEqual([60, 20, 20]);
});

test.each([
  [{ oneSample: true }, 3, "slide"],
  [{ oneSample: true, fields: 4 }, 1, "field"],
] as const)(
  "with too few samples, slides are kept whole; with too few slides, fields (%o)",
  (options, slides, expected) => {
    expect(splitLabelledCells(cellsOf(slides, 24, options), NOTHING, stream()).unit).toBe(expected);
  },
);

test("what was held out once stays held out; the rest is divided 3 : 1, and seen cells are not measured on", () => {
  const cells = cellsOf(8, 10);
  const first = splitLabelledCells(cells, NOTHING, stream());
  const heldOut = new Set(cells.filter((cell) => first.splitOf.get(cell) === "test").map(({ picture }) => picture));
  // Two slides came since, and one held-out cell was seen by some model.
  const later = [
    ...cells,
    ...cellsOf(2, 10).map((cell, index) => ({
      ...cell,
      id: 1000 + index,
      picture: `later ${index}`,
      units: { ...cell.units, sample: `later ${index % 2}` },
    })),
  ];
  const [leaked = ""] = heldOut;
  const second = splitLabelledCells(later, { heldOut, seen: new Set([leaked]) }, new RandomStream(99));
  const tested = later.filter((cell) => second.splitOf.get(cell) === "test").map(({ picture }) => picture);
  expect(new Set(tested)).toEqual(new Set([...heldOut].filter((picture) => picture !== leaked)));
  expect(later.filter((cell) => !second.splitOf.has(cell)).map(({ picture }) => picture)).toEqual([leaked]);
});

test("obstacles are said in words: too few of a class, too few units", () => {
  expect(planTraining(cellsOf(4, 4), NOTHING)).toMatchObject({
    labelled: 32,
    positives: 16,
    groups: 4,
    obstacle: expect.stringContaining("16 cells with micronuclei"),
  });
  expect(planTraining(cellsOf(2, 20), NOTHING).obstacle).toContain("at least three");
  expect(planTraining(cellsOf(3, 20), NOTHING)).toMatchObject({ groups: 3, obstacle: null });
  expect(planTraining([], NOTHING).obstacle).toContain("0 cells");
  expect(() => splitLabelledCells(cellsOf(2, 20), NOTHING, stream())).toThrow(
    expect.objectContaining({ code: "TRAINING_OBSTACLE" }),
  );
});
