import { expect, test } from "vitest";
import type { Cell } from "./cell.ts";
import { findDuplicates } from "./duplicates.ts";

function cell(label?: string, split?: Cell["split"]): Cell {
  return { file: "a.png", path: "/a.png", columns: {}, ...(label && { label }), ...(split && { split }) };
}

test("of copies with one label the first is kept", () => {
  expect(findDuplicates([cell("mn"), cell("normal"), cell("mn"), cell("mn")], ["p", "q", "p", "p"])).toEqual({
    duplicates: [{ kept: 0, dropped: [2, 3], acrossSplits: false }],
    conflicts: [],
  });
});

test("of copies in several splits the one in the test set is kept", () => {
  const cells = [cell("mn", "train"), cell("mn", "val"), cell("mn", "test")];
  expect(findDuplicates(cells, ["p", "p", "p"]).duplicates).toEqual([{ kept: 2, dropped: [0, 1], acrossSplits: true }]);
});

test("a copy without a label contradicts nobody and gives way to one that has one", () => {
  expect(findDuplicates([cell(), cell("mn")], ["p", "p"])).toEqual({
    duplicates: [{ kept: 1, dropped: [0], acrossSplits: false }],
    conflicts: [],
  });
});

test("copies with different labels are a conflict, all of them", () => {
  const cells = [cell("mn"), cell("normal"), cell("mn")];
  expect(findDuplicates(cells, ["p", "p", "p"])).toEqual({ duplicates: [], conflicts: [[0, 1, 2]] });
});

test("unreadable images are no copies of each other", () => {
  expect(findDuplicates([cell("mn"), cell("normal")], [undefined, undefined])).toEqual({
    duplicates: [],
    conflicts: [],
  });
});
