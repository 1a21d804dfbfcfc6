import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import writeWorkbook from "write-excel-file/node";
import { readStudyTable } from "./study-table.ts";
import { openTable } from "./table-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-tables-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function rowsOf(name: string, content: string | Uint8Array): Promise<unknown> {
  const path = join(folder, name);
  await writeFile(path, content);
  const { headings, rows } = await openTable(path);
  const all: (readonly string[])[] = [];
  for await (const part of rows) all.push(...part);
  return [headings, ...all];
}

test.each([
  ["commas", "t.csv", "sample,note\nA,x\nB,\n"],
  ["semicolons", "t.csv", "sample;note\r\nA;x\r\nB;\r\n"],
  ["tabs", "t.tsv", "sample\tnote\nA\tx\nB\t"],
  ["a byte order mark, quotes and empty lines", "t.csv", '\uFEFF"sample",note\n\n"A",x\n"B",""\n\n'],
])("a table with %s is read", async (_, name, content) => {
  expect(await rowsOf(name, content)).toEqual([
    ["sample", "note"],
    ["A", "x"],
    ["B", ""],
  ]);
});

test("quotes may hold separators, line breaks and quotes", async () => {
  expect(await rowsOf("t.csv", 'sample,note\nA,"x, ""y""\nz"\nB,2\n')).toEqual([
    ["sample", "note"],
    ["A", 'x, "y"\nz'],
    ["B", "2"],
  ]);
});

test("a table in many pieces has every row once, also where a piece ends inside quotes", async () => {
  const row = (index: number): string[] => [`S${index}`, index % 1000 === 0 ? `two\nlines ${index}` : `n${index}`];
  const rows = Array.from({ length: 300_000 }, (_, index) => row(index));
  const text = rows.map(([sample, note = ""]) => `${sample},${note.includes("\n") ? `"${note}"` : note}\n`).join("");
  expect(await rowsOf("large.csv", `sample,note\n${text}`)).toEqual([["sample", "note"], ...rows]);
});

test("the first sheet of a workbook is read like a CSV table, dates and numbers as text", async () => {
  const workbook = await writeWorkbook([
    ["sample", "dose", "harvested"],
    ["A", 0.25, { value: new Date("2026-03-04"), type: Date, format: "yyyy-mm-dd" }],
  ]).toBuffer();
  expect(await rowsOf("t.xlsx", workbook)).toEqual([
    ["sample", "dose", "harvested"],
    ["A", "0.25", "2026-03-04"],
  ]);
});

test.each([
  ["a missing file", "none.csv", null, "TABLE_MISSING"],
  ["a workbook that is none", "t.xlsx", "no zip", "TABLE_FORMAT"],
  ["UTF-16", "t.csv", Buffer.from("\uFEFFsample,note\nA,x\n", "utf16le"), "TABLE_FORMAT"],
  ["a column twice", "t.csv", "sample,sample\nA,x\n", "TABLE_FORMAT"],
  ["no heading line", "t.csv", "", "TABLE_FORMAT"],
  ["a row that is too long", "t.csv", "sample,note\nA,x,y\n", "TABLE_ROW"],
  ["a quote without end", "t.csv", 'sample,note\nA,"x\n', "TABLE_ROW"],
])("%s is refused", async (_, name, content, code) => {
  const path = join(folder, `refused-${name}`);
  if (content !== null) await writeFile(path, content);
  const read = async () => {
    const { rows } = await openTable(path);
    for await (const _part of rows);
  };
  await expect(read()).rejects.toMatchObject({ code });
});

async function studyTable(content: string) {
  const path = join(folder, "study.csv");
  await writeFile(path, content);
  return await readStudyTable(await openTable(path));
}

test("a study table says what a sample is; other columns are kept", async () => {
  const rows = await studyTable("Sample;Slide;Dose_Gy;Role;Donor;Remark\nA;2;0,5;Calibration;D7;clotted\nB;;;;;\n");
  expect(rows).toEqual([
    {
      sample: expect.objectContaining({
        name: "A",
        dose: 0.5,
        doseUnit: "Gy",
        role: "calibration",
        donor: "D7",
        columns: { Remark: "clotted" },
      }),
      slide: "2",
      cells: null,
    },
    { sample: expect.objectContaining({ name: "B", dose: null, role: null, donor: null }), slide: "1", cells: null },
  ]);
});

test.each([
  ["no column sample", "slide\n1\n", "TABLE_COLUMNS"],
  ["a sample without a name", "sample,dose\n,1\n", "TABLE_VALUE"],
  ["a negative dose", "sample,dose\nA,-1\n", "TABLE_VALUE"],
  ["a dose that is no number", "sample,dose\nA,high\n", "TABLE_VALUE"],
  ["an unknown role", "sample,role\nA,boss\n", "TABLE_VALUE"],
])("a study table with %s is refused", async (_, content, code) => {
  await expect(studyTable(content)).rejects.toMatchObject({ code });
});
