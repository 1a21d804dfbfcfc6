import { expect, test } from "vitest";
import { calibrationPoints, formatCalibrationPoints, parseCountTable } from "./count-table.ts";

/** The first rows of Biodose Tools' own micronucleus table, with its stray blanks. */
const BIODOSE = "D   ,C0  ,C1 ,C2,C3\n0   ,7326,174  ,0 ,0\n1   ,1542,63 ,4 ,1\n";

test("Biodose Tools' table of counts: cells, micronuclei and cells with micronuclei are added up", () => {
  expect(parseCountTable(BIODOSE, "counts.csv")).toEqual([
    { name: "row 1", dose: 0, bnCells: 7500, micronuclei: 174, mnbnCells: 174, distribution: [7326, 174, 0, 0] },
    { name: "row 2", dose: 1, bnCells: 1610, micronuclei: 74, mnbnCells: 68, distribution: [1542, 63, 4, 1] },
  ]);
});

test("a table of cases by id, columns in any order, a byte order mark", () => {
  const rows = parseCountTable("\uFEFFC1,ID,C0\n10,donor A,990\n", "cases.csv");
  expect(rows).toEqual([
    { name: "donor A", dose: null, bnCells: 1000, micronuclei: 10, mnbnCells: 10, distribution: [990, 10] },
  ]);
});

test("totals only: semicolons, decimal commas, and other columns left alone", () => {
  const rows = parseCountTable("dose;N;X;MNBN;scorer\n0,5;3000;111;105;Ada\n", "totals.csv");
  expect(rows).toEqual([
    { name: "row 1", dose: 0.5, bnCells: 3000, micronuclei: 111, mnbnCells: 105, distribution: null },
  ]);
});

test("points written for Biodose Tools are read back the same", () => {
  const points = [
    { doseGray: 0, bnCells: 7500, micronuclei: 174 },
    { doseGray: 0.25, bnCells: 2950, micronuclei: 85 },
  ];
  const text = formatCalibrationPoints(points);
  expect(text).toBe("D,N,X\n0,7500,174\n0.25,2950,85\n");
  expect(calibrationPoints(parseCountTable(text, "x"), "x")).toEqual(points);
});

test.each([
  ["COUNT_TABLE_UNREADABLE", "D,N,X\n"],
  ["COUNT_TABLE_UNREADABLE", 'D,N,X\n1,"2,3\n'],
  ["COUNT_TABLE_COLUMN_MISSING", ""],
  ["COUNT_TABLE_COLUMN_MISSING", "D,N\n1,2\n"],
  ["COUNT_TABLE_COLUMN_MISSING", "D,C1,C2\n1,2,3\n"],
  ["COUNT_TABLE_COLUMN_MISSING", "D,C0,C2\n1,2,3\n"],
  ["COUNT_TABLE_VALUE_INVALID", "D,N,X\n1,200,few\n"],
  ["COUNT_TABLE_VALUE_INVALID", "D,N,X\n1,200,\n"],
  ["COUNT_TABLE_INCONSISTENT", "D,N,C0,C1\n1,200,190,9\n"],
  ["COUNT_TABLE_INCONSISTENT", "D,X,C0,C1\n1,8,191,9\n"],
  ["COUNT_INVALID", "D,C0,C1\n1,191,-9\n"],
])("refuses with %s: %j", (code, text) => {
  expect(() => parseCountTable(text, "counts.csv")).toThrow(expect.objectContaining({ code }));
});

test("a message names the file, the row and the column", () => {
  expect(() => parseCountTable("D,N,X\n0,100,1\n1,200,few\n", "counts.csv")).toThrow(
    /counts\.csv, row 2, column X.*"few"/,
  );
});

test("a calibration needs doses and micronuclei", () => {
  for (const text of ["N,X\n100,1\n", "D,N,MNBN\n0,100,1\n"])
    expect(() => calibrationPoints(parseCountTable(text, "t.csv"), "t.csv")).toThrow(
      expect.objectContaining({ code: "COUNT_TABLE_COLUMN_MISSING" }),
    );
});
