import { expect, test } from "vitest";
import { cellFromColumns, splitNamed } from "./cell.ts";

const read = (columns: Record<string, string>) =>
  cellFromColumns(columns, (file) => `/data/${file}`, "cells.csv, line 7");

test("training, validation and test go by their short and long names, in any case", () => {
  expect(["train", "Training", "val", "VALIDATION", " test "].map(splitNamed)).toEqual([
    "train",
    "train",
    "val",
    "val",
    "test",
  ]);
});

test("a name that every object has is no split", () => {
  expect(splitNamed("constructor")).toBeUndefined();
});

test("columns become properties; empty ones are absent; all stay in columns as written", () => {
  const columns = { file: " a.png ", label: "mn", mn_count: "2", slide: "", x: "10.50", y: "-3", stain: "DAPI" };
  expect(read(columns)).toEqual({
    file: "a.png",
    path: "/data/a.png",
    label: "mn",
    mnCount: 2,
    x: 10.5,
    y: -3,
    columns,
  });
});

test("a value of the wrong kind is an error that names the line, the column and the value", () => {
  expect(() => read({ file: "a.png", x: "left" })).toThrow('cells.csv, line 7: the column "x" holds "left"');
  expect(() => read({ file: "a.png", mn_count: "1.5" })).toThrow(/line 7.*"mn_count" holds 1\.5/);
  expect(() => read({ file: "a.png", mn_count: "-1" })).toThrow(/line 7.*"mn_count" holds -1/);
  expect(() => read({ file: "a.png", split: "tset" })).toThrow(/line 7.*"split" holds "tset". Expected train/);
  expect(() => read({ file: "  " })).toThrow(/line 7: the column "file" is empty/);
});
