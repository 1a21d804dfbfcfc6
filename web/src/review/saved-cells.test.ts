import { expect, test } from "vitest";
import { type SavedCells, withSaved } from "./saved-cells.ts";

const label = (cellId: number) => ({ kind: "label" as const, cellId });
const undo = (cellId: number) => ({ kind: "undo" as const, cellId });
const NONE: SavedCells = new Map();

test("a cell counts once however often it is corrected, and not when all of it is taken back", () => {
  expect(withSaved(NONE, [label(1), label(2), label(1)]).size).toBe(2);
  expect(withSaved(NONE, [label(1), label(1), undo(1)]).size).toBe(1);
  const read = withSaved(NONE, [label(1), label(2)]);
  expect(withSaved(read, [undo(1)]).size).toBe(1);
  expect(withSaved(read, [undo(1), label(1)]).size).toBe(2);
});

test("taking back a label of an earlier visit counts for nothing, and nothing against a later one", () => {
  const after = withSaved(NONE, [undo(1)]);
  expect(after.size).toBe(0);
  expect(withSaved(after, [label(1)]).size).toBe(1);
});
