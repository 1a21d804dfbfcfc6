import { expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import type { Cell, Dataset, Split } from "../dataset/cell.ts";
import { tuningFolds } from "./tune-folds.ts";

/** Four cells a field, every second positive; the split of a field, if any, by its number. */
function madeDataset(fields: number, splitOf: (field: number) => Split | undefined): Dataset {
  const cells = Array.from({ length: 4 * fields }, (_, at): Cell => {
    const field = Math.floor(at / 4);
    const split = splitOf(field);
    const file = `${at}.png`;
    return {
      ...{ file, path: file, columns: {}, label: at % 2 === 0 ? "mn" : "normal", field: `f${field}` },
      ...(split === undefined ? {} : { split }),
    };
  });
  return { source: "made", cells, leftOut: [], classes: ["normal", "mn"], positiveClass: "mn", hash: "" };
}

const choice = (folds: number) => ({ folds, by: "auto", stream: new RandomStream(1) }) as const;
const filesOf = ({ cells }: Dataset, split: Split) =>
  cells.filter((cell) => cell.split === split).map(({ file }) => file);

test("every cell validates in one fold and trains in the others; fields stay whole", () => {
  const { datasets, cells, heldBack } = tuningFolds(
    madeDataset(10, () => undefined),
    choice(5),
  );
  expect([datasets.length, cells, heldBack]).toEqual([5, 40, 0]);
  const validated = datasets.flatMap((dataset) => filesOf(dataset, "val"));
  expect(validated).toHaveLength(40);
  expect(new Set(validated).size).toBe(40);
  for (const dataset of datasets) {
    expect(filesOf(dataset, "train")).toHaveLength(32);
    const fieldsOf = (split: Split) =>
      new Set(dataset.cells.filter((cell) => cell.split === split).map(({ field }) => field));
    expect([...fieldsOf("val")].filter((field) => fieldsOf("train").has(field))).toEqual([]);
  }
});

test("test cells of the data take no part", () => {
  const dataset = madeDataset(10, (field) => (field < 2 ? "test" : field < 4 ? "val" : "train"));
  const several = tuningFolds(dataset, choice(4));
  expect([several.cells, several.heldBack]).toEqual([32, 8]);
  for (const { cells } of several.datasets) expect(cells.some(({ field }) => field === "f0")).toBe(false);
  // One fold is the data's own split.
  const own = tuningFolds(dataset, choice(1));
  expect(own.datasets).toHaveLength(1);
  expect(new Set(own.datasets[0]?.cells.map(({ field, split }) => `${field} ${split}`))).toEqual(
    new Set(["f2 val", "f3 val", ...[4, 5, 6, 7, 8, 9].map((field) => `f${field} train`)]),
  );
});
