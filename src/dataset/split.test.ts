import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { type Cell, SPLITS, type Split } from "./cell.ts";
import { assignSplits, checkSplit, crossValidationFolds, splitCells } from "./split.ts";

type Traits = Partial<Pick<Cell, "label" | "field" | "slide" | "donor" | "group" | "split">>;

function cell(traits: Traits, index = 0): Cell {
  return { file: `${index}.png`, path: `/${index}.png`, columns: {}, ...traits };
}

const stream = (seed = 1) => new RandomStream(seed);

/** Share of the cells of `label` that are in `split`. */
function shareOf(cells: readonly Cell[], splits: readonly Split[], label: string, split: Split): number {
  const indices = cells.flatMap((one, index) => (one.label === label ? [index] : []));
  return indices.filter((index) => splits[index] === split).length / indices.length;
}

/** Fields of 1 to 12 cells, more or less rich in micronuclei. */
const fieldsOfCells = fc
  .array(fc.record({ positives: fc.integer({ min: 0, max: 5 }), negatives: fc.integer({ min: 1, max: 7 }) }), {
    minLength: 3,
    maxLength: 60,
  })
  .map((fields) =>
    fields.flatMap(({ positives, negatives }, field) => [
      ...Array.from({ length: positives }, () => cell({ label: "mn", field: `F${field}` })),
      ...Array.from({ length: negatives }, () => cell({ label: "normal", field: `F${field}` })),
    ]),
  );

describe("a drawn split", () => {
  test("gives every cell one split and no field to two", () => {
    fc.assert(
      fc.property(fieldsOfCells, fc.integer(), (cells, seed) => {
        const { splits } = splitCells(cells, { stream: stream(seed) });
        expect(splits).toHaveLength(cells.length);
        expect(splits.every((split) => SPLITS.includes(split))).toBe(true);
        const places = new Map<string, Set<Split>>();
        cells.forEach(({ field = "" }, index) => {
          places.set(field, (places.get(field) ?? new Set()).add(splits[index]!));
        });
        expect([...places.values()].every(({ size }) => size === 1)).toBe(true);
      }),
    );
  });

  test("is the same for the same seed, and another for another", () => {
    const cells = Array.from({ length: 40 }, (_, index) => cell({ label: index % 3 ? "normal" : "mn" }, index));
    const draw = (seed: number) => splitCells(cells, { stream: stream(seed) }).splits;
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test("meets 6 : 2 : 2 within two percentage points for each class where every field is small", () => {
    // 50 fields of 12 cells: no field holds more than 2 % of all cells, and every class has hundreds.
    const smallFields = fc.array(fc.integer({ min: 2, max: 10 }), { minLength: 50, maxLength: 80 });
    fc.assert(
      fc.property(smallFields, fc.integer(), (positives, seed) => {
        const cells = positives.flatMap((count, field) =>
          Array.from({ length: 12 }, (_, index) => cell({ label: index < count ? "mn" : "normal", field: `${field}` })),
        );
        const { splits } = splitCells(cells, { stream: stream(seed) });
        for (const label of ["mn", "normal"])
          for (const [split, target] of [["train", 0.6] as const, ["val", 0.2] as const, ["test", 0.2] as const])
            expect(Math.abs(shareOf(cells, splits, label, split) - target)).toBeLessThanOrEqual(0.02);
      }),
    );
  });

  test("of single cells is exact up to rounding: 726 and 10,419 become 436, 145, 145 and 6251, 2084, 2084", () => {
    const cells = Array.from({ length: 726 + 10_419 }, (_, index) => cell({ label: index < 726 ? "mn" : "normal" }));
    const { report } = splitCells(cells, { stream: stream() });
    expect(report.splits.map(({ labels }) => labels.map((label) => label.cells))).toEqual([
      [436, 6251],
      [145, 2084],
      [145, 2084],
    ]);
  });

  test("reports what it achieved", () => {
    const cells = Array.from({ length: 10 }, () => cell({ label: "mn" }));
    expect(splitCells(cells, { stream: stream() }).report).toEqual({
      origin: "drawn",
      groupBy: "auto",
      groups: 10,
      splits: [
        { split: "train", target: 0.6, cells: 6, labels: [{ label: "mn", cells: 6, share: 0.6 }] },
        { split: "val", target: 0.2, cells: 2, labels: [{ label: "mn", cells: 2, share: 0.2 }] },
        { split: "test", target: 0.2, cells: 2, labels: [{ label: "mn", cells: 2, share: 0.2 }] },
      ],
    });
  });

  test("leaves a split empty whose ratio is 0", () => {
    const cells = Array.from({ length: 20 }, () => cell({ label: "mn" }));
    const { splits } = splitCells(cells, { ratios: [8, 2, 0], stream: stream() });
    expect(SPLITS.map((split) => splits.filter((one) => one === split).length)).toEqual([16, 4, 0]);
  });

  test("lets a third label follow the classes: the field with 60 % of the positives is for training", () => {
    const field = (name: string, positives: number, ambiguous: number) => [
      ...Array.from({ length: positives }, () => cell({ label: "mn", field: name })),
      ...Array.from({ length: ambiguous }, () => cell({ label: "ambiguous", field: name })),
    ];
    const cells = [...field("A", 60, 18), ...field("B", 20, 64), ...field("C", 20, 18)];
    const { splits } = splitCells(cells, { classes: ["mn"], stream: stream() });
    expect(shareOf(cells, splits, "mn", "train")).toBe(0.6);
    expect(shareOf(cells, splits, "ambiguous", "train")).toBe(0.18);
  });
});

describe("what is kept whole", () => {
  const cells = ["A", "B", "C"].flatMap((donor) =>
    ["1", "2", "3"].flatMap((slide) =>
      ["1", "2"].map((field) => cell({ label: "mn", donor, slide, field, group: `day ${slide}` })),
    ),
  );
  const groups = (groupBy: "auto" | "none" | "donor" | "slide" | "field" | "group"): number =>
    splitCells(cells, { groupBy, stream: stream() }).report.groups;

  test("auto keeps donors; slides count per donor and fields per slide; group only where asked", () => {
    expect({ auto: groups("auto"), donor: groups("donor"), slide: groups("slide") }).toEqual({
      auto: 3,
      donor: 3,
      slide: 9,
    });
    expect({ field: groups("field"), group: groups("group"), none: groups("none") }).toEqual({
      field: 18,
      group: 3,
      none: 18,
    });
  });

  test("auto keeps, for each cell, the coarsest thing that it names", () => {
    const mixed = [
      ...Array.from({ length: 4 }, (_, index) => cell({ label: "mn", donor: "A", field: `${index}` })),
      ...Array.from({ length: 4 }, (_, index) => cell({ label: "mn", field: `${index % 2}` })),
      cell({ label: "mn" }),
      cell({ label: "mn" }),
    ];
    expect(splitCells(mixed, { stream: stream() }).report.groups).toBe(1 + 2 + 2);
  });

  test("a column that some cells lack cannot be asked for", () => {
    const some = [cell({ slide: "1" }), cell({}), cell({ slide: "2" })];
    expect(() => splitCells(some, { groupBy: "slide", stream: stream() })).toThrow(/1 of 3 cells have no slide/);
  });

  test("two donors cannot fill three splits", () => {
    const two = [cell({ donor: "A" }), cell({ donor: "A" }), cell({ donor: "B" })];
    expect(() => splitCells(two, { stream: stream() })).toThrow(/2 groups \(by auto\) cannot fill train, val, test/);
  });
});

describe("a split that came with the data", () => {
  const given = [
    cell({ label: "mn", field: "1", split: "train" }, 0),
    cell({ label: "normal", field: "1", split: "train" }, 1),
    cell({ label: "mn", field: "2", split: "val" }, 2),
    cell({ label: "normal", field: "3", split: "val" }, 3),
  ];

  test("is kept, without a test split if it has none", () => {
    const { cells, report } = assignSplits(given, { stream: stream() });
    expect(cells).toEqual(given);
    expect(report.origin).toBe("existing");
    expect(report.splits.map(({ split, cells: count }) => [split, count])).toEqual([
      ["train", 2],
      ["val", 2],
    ]);
  });

  test("is drawn anew with resplit", () => {
    const { cells, report } = assignSplits(given, { resplit: true, stream: stream() });
    expect(report.origin).toBe("drawn");
    expect(new Set(cells.map(({ split }) => split))).toEqual(new Set(SPLITS));
  });

  test("must be there for all cells or for none", () => {
    expect(() => assignSplits([...given, cell({ label: "mn" })], { stream: stream() })).toThrow(
      /1 of 5 cells have no split/,
    );
  });

  test("must not share a field: the message names it and counts its cells", () => {
    const field = (split: Split, count: number) =>
      Array.from({ length: count }, () => cell({ label: "mn", field: "S-014", split }));
    expect(() => checkSplit([...field("train", 212), ...field("test", 9)], "field")).toThrow(
      'Field "S-014" is in both train (212 cells) and test (9 cells). Cells of one field must stay together',
    );
  });

  test("may use the same field number on two slides", () => {
    const cells = [cell({ slide: "A", field: "1", split: "train" }), cell({ slide: "B", field: "1", split: "test" })];
    expect(() => checkSplit(cells, "field")).not.toThrow();
    expect(() => checkSplit(cells, "group")).not.toThrow();
  });
});

describe("cross-validation", () => {
  const cells = Array.from({ length: 12 }, (_, group) => [
    ...Array.from({ length: 3 }, () => cell({ label: "mn", group: `${group}` })),
    ...Array.from({ length: 5 }, () => cell({ label: "normal", group: `${group}` })),
  ]).flat();

  test("deals 12 equal groups into 4 folds of 3, whole", () => {
    const { foldOf, folds } = crossValidationFolds(cells, { by: "group", folds: 4, stream: stream() });
    expect(folds.map((labels) => labels.map((label) => label.cells))).toEqual(new Array(4).fill([9, 15]));
    const foldsOfGroup = new Set(cells.map(({ group }, index) => `${group} in ${foldOf[index]}`));
    expect(foldsOfGroup.size).toBe(12);
  });

  test("with as many folds as groups leaves one group out at a time", () => {
    const { folds } = crossValidationFolds(cells, { by: "group", folds: 12, stream: stream() });
    expect(folds.every(([positives]) => positives?.cells === 3)).toBe(true);
  });

  test("cannot make more folds than there are groups, or fewer than two", () => {
    expect(() => crossValidationFolds(cells, { by: "group", folds: 13, stream: stream() })).toThrow(/2 to 12 folds/);
    expect(() => crossValidationFolds(cells, { by: "group", folds: 1, stream: stream() })).toThrow(/2 to 12 folds/);
  });
});
