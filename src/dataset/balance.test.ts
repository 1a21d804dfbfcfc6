import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { paperTable, planNatural, planTraining } from "./balance.ts";
import type { Cell, Split } from "./cell.ts";

function cellsOf(label: string, count: number, split: Split = "train"): Cell[] {
  return Array.from({ length: count }, (_, index) => {
    const file = `${label}/${split}-${index}.png`;
    return { file, path: `/${file}`, label, split, columns: {} };
  });
}

const stream = () => new RandomStream(1);

describe("the paper's 726 positives and 10,419 negatives, 6 : 2 : 2", () => {
  // 60 % of 726 is 435.6, of 10,419 6,251.4; 20 % is 145.2 and 2,083.8.
  const cells = [
    ...cellsOf("mn", 436, "train"),
    ...cellsOf("normal", 6251, "train"),
    ...cellsOf("mn", 145, "val"),
    ...cellsOf("normal", 2084, "val"),
    ...cellsOf("mn", 145, "test"),
    ...cellsOf("normal", 2084, "test"),
  ];

  test("TAD enlarges 436 training positives five-fold to 2,180 and draws as many negatives; the rest stays", () => {
    expect(paperTable(cells, "tad", { positiveClass: "mn", stream: stream() })).toEqual([
      { split: "train", before: { positive: 436, negative: 6251 }, after: { positive: 2180, negative: 2180 } },
      { split: "val", before: { positive: 145, negative: 2084 }, after: { positive: 145, negative: 2084 } },
      { split: "test", before: { positive: 145, negative: 2084 }, after: { positive: 145, negative: 2084 } },
    ]);
  });

  test("TVAD does the same to the 145 validation positives: 725 of each class", () => {
    expect(paperTable(cells, "tvad", { positiveClass: "mn", stream: stream() })).toEqual([
      { split: "train", before: { positive: 436, negative: 6251 }, after: { positive: 2180, negative: 2180 } },
      { split: "val", before: { positive: 145, negative: 2084 }, after: { positive: 725, negative: 725 } },
      { split: "test", before: { positive: 145, negative: 2084 }, after: { positive: 145, negative: 2084 } },
    ]);
  });
});

test("a majority of positives enlarges the negatives until even (3 negatives, 8 positives: 2 copies of each, 2 of a third)", () => {
  const cells = [...cellsOf("mn", 8), ...cellsOf("normal", 3)];
  const { samples, counts } = planTraining(cells, { positiveClass: "mn", stream: stream() });
  expect(counts.after).toEqual({ positive: 8, negative: 8 });
  const copies = [8, 9, 10].map((cell) => samples.filter((sample) => sample.cell === cell).length);
  expect(copies.sort()).toEqual([2, 3, 3]);
  expect(samples.filter(({ cell }) => cell < 8)).toEqual(cells.slice(0, 8).map((_, cell) => ({ cell, copy: 0 })));
});

test("a class without cells is an error that counts both", () => {
  expect(() => planTraining(cellsOf("mn", 4), { positiveClass: "mn", stream: stream() })).toThrow(
    /4 are "mn" and 0 are not/,
  );
});

test("a split without cells has no row", () => {
  const cells = [...cellsOf("mn", 2), ...cellsOf("normal", 2)];
  const splits = paperTable(cells, "tvad", { positiveClass: "mn", stream: stream() }).map(({ split }) => split);
  expect(splits).toEqual(["train"]);
});

test("a natural plan shows every cell once, as it is", () => {
  expect(planNatural([...cellsOf("mn", 1), ...cellsOf("normal", 2)], "mn")).toEqual({
    samples: [0, 1, 2].map((cell) => ({ cell, copy: 0 })),
    counts: { before: { positive: 1, negative: 2 }, after: { positive: 1, negative: 2 } },
  });
});

test("a plan is even, shows every rare cell as it is, no sample twice, and only the rare class in copies", () => {
  const sizes = fc.record({
    positives: fc.integer({ min: 1, max: 60 }),
    negatives: fc.integer({ min: 1, max: 60 }),
    enlargement: fc.integer({ min: 1, max: 7 }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(sizes, ({ positives, negatives, enlargement, seed }) => {
      const cells = [...cellsOf("mn", positives), ...cellsOf("normal", negatives)];
      const plan = () => planTraining(cells, { positiveClass: "mn", enlargement, stream: new RandomStream(seed) });
      const { samples } = plan();
      const isRare = (cell: number): boolean => cell < positives === positives <= negatives;
      const rare = samples.filter(({ cell }) => isRare(cell));
      const originals = new Set(rare.filter(({ copy }) => copy === 0).map(({ cell }) => cell));
      expect(rare.length * 2).toBe(samples.length);
      expect(originals.size).toBe(Math.min(positives, negatives));
      expect(new Set(samples.map(({ cell, copy }) => `${cell}/${copy}`)).size).toBe(samples.length);
      expect(Math.max(...samples.map(({ copy }) => copy))).toBeLessThan(enlargement);
      expect(samples.filter(({ cell, copy }) => !isRare(cell) && copy > 0)).toEqual([]);
      expect(plan().samples).toEqual(samples);
    }),
  );
});

test("which cells get the last, partial round of copies is random: each of 4 about as often as the others", () => {
  const cells = [...cellsOf("mn", 4), ...cellsOf("normal", 5)];
  const copied = [0, 0, 0, 0];
  for (let seed = 0; seed < 2000; seed++) {
    const { samples } = planTraining(cells, { positiveClass: "mn", stream: new RandomStream(seed) });
    for (const { cell, copy } of samples) if (copy === 1) copied[cell]!++;
  }
  // Binomial(2000, 0.25): mean 500, standard deviation 19.4; five of them either way.
  for (const count of copied) expect(Math.abs(count - 500)).toBeLessThan(97);
});

test("downsampling is random: each of 10 negatives is drawn about as often as the others", () => {
  const cells = [...cellsOf("mn", 1), ...cellsOf("normal", 10)];
  const drawn = new Array<number>(11).fill(0);
  for (let seed = 0; seed < 2000; seed++) {
    const plan = planTraining(cells, { positiveClass: "mn", enlargement: 1, stream: new RandomStream(seed) });
    for (const { cell } of plan.samples) drawn[cell]!++;
  }
  // Binomial(2000, 0.1): mean 200, standard deviation 13.4; five of them either way.
  for (const count of drawn.slice(1)) expect(Math.abs(count - 200)).toBeLessThan(67);
});
