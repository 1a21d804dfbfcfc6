import { expect, test } from "vitest";
import { comparisonCells } from "./comparison-cells.ts";
import type { LabelledCell } from "./labelled-cells.ts";
import type { TrainingRecord, Unit } from "./training-record.ts";
import { intervalUnits } from "./training-split.ts";

/** Six cells of two slides, in three fields each of one cell. */
const CELLS = Array.from({ length: 6 }, (_, index): LabelledCell => {
  const slide = `slide ${Math.floor(index / 3)}`;
  const units = { sample: "sample 1", slide, field: `${slide} / ${index}` };
  return { id: index, path: `/${index}.png`, picture: `picture ${index}`, positive: index % 2 === 0, units };
});

function training(groupedBy: Unit, seen: readonly number[]): TrainingRecord {
  const pictures = seen.map((index) => `picture ${index}`);
  const origin = { startFrom: { id: "box", name: "box" }, by: "Ana", at: "2026-03-04T12:00:00.000Z" };
  return { name: "M", studyIds: [1], ...origin, groupedBy, labelled: 6, positives: 3, seen: pictures, heldOut: [] };
}

const left = (...trainings: (TrainingRecord | null)[]) => comparisonCells(CELLS, trainings).map(({ id }) => id);

test("cells that neither model has seen, nor others of their slides, are left for a comparison", () => {
  expect(left(null, null)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(left(null, training("slide", [1]))).toEqual([3, 4, 5]);
  expect(left(training("slide", [1]), training("slide", [5]))).toEqual([]);
});

test("where trainings kept fields whole, other fields of the same slide are left", () => {
  expect(left(training("field", [1]), null)).toEqual([0, 2, 3, 4, 5]);
  expect(left(training("field", [1]), training("slide", [3, 4, 5]))).toEqual([0, 2]);
});

test("intervals resample fields where there are five, else single cells", () => {
  expect(new Set(intervalUnits(CELLS)).size).toBe(6);
  expect(intervalUnits(CELLS.slice(0, 4))).toEqual([null, null, null, null]);
});
