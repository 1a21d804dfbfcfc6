import { expect, test } from "vitest";
import { tabulateReadings } from "./readings.ts";

test("paired calls are counted into a table with the first reader's classes in rows", () => {
  const found = tabulateReadings([
    ["mn", "mn"],
    ["mn", "normal"],
    ["normal", "normal"],
    ["normal", "normal"],
  ]);
  expect(found).toEqual({
    classes: ["mn", "normal"],
    table: [
      [1, 1],
      [0, 2],
    ],
  });
});

test("counts are ordered as numbers, so that weights mean distances", () => {
  expect(
    tabulateReadings([
      ["10", "2"],
      ["1", "2"],
    ]).classes,
  ).toEqual(["1", "2", "10"]);
});

test("a cell that one reader did not call is refused, by its number", () => {
  expect(() =>
    tabulateReadings([
      ["mn", "mn"],
      ["mn", " "],
    ]),
  ).toThrow(expect.objectContaining({ code: "READING_MISSING", message: expect.stringContaining("Cell 2") }));
});
