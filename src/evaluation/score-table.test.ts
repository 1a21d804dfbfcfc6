import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readScoreTable, type ScoreTable, type ScoreTableChoice } from "./score-table.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "score-table-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function read(text: string, choice: Partial<ScoreTableChoice> = {}, name = "scores.csv"): Promise<ScoreTable> {
  const path = join(folder, name);
  await writeFile(path, text);
  return readScoreTable(path, { groupBy: "auto", ...choice });
}

test.each([
  ["0 and 1", "1", "0"],
  ["true and false", "true", "false"],
  ["Python's True and False", "True", "False"],
  ["class names", "mn", "normal"],
])("labels may be %s", async (_, positive, negative) => {
  const table = await read(`label,probability\n${positive},0.9\n${negative},0.2\n`);
  expect([table.scores, table.positives]).toEqual([
    [0.9, 0.2],
    [true, false],
  ]);
});

test("the positive class can be named, and 0 can be it", async () => {
  const named = await read("label,probability\nmicro,0.9\nhealthy,0.2\n", { positive: "micro" });
  expect(named).toMatchObject({ positives: [true, false], classNames: { positive: "micro", negative: "healthy" } });
  const turned = await read("label,probability\n1,0.9\n0,0.2\n", { positive: "0" });
  expect(turned.positives).toEqual([false, true]);
});

test.each([
  ["semicolons", "label;probability\n1;0.9\n0;0.2\n"],
  ["tabs", "label\tprobability\n1\t0.9\n0\t0.2\n"],
  ["a byte order mark and Windows line ends", "\uFEFFlabel,probability\r\n1,0.9\r\n0,0.2\r\n"],
  ["other columns, quotes and letters beyond ASCII", 'id,label,remark,probability\n1,1,"sagt, µ",0.9\n2,0,,0.2\n'],
])("CSV with %s is read", async (_, text) => {
  expect((await read(text)).scores).toEqual([0.9, 0.2]);
});

test("JSON Lines are read alike", async () => {
  const text =
    '{"label":1,"probability":0.9,"field":"a"}\n\n{"label":0,"probability":null}\n{"label":0,"probability":0.2}\n';
  const table = await read(text, { groupBy: "none" }, "scores.jsonl");
  expect(table).toMatchObject({ scores: [0.9, 0.2], positives: [true, false], leftOut: { withoutProbability: 1 } });
});

test("rows that cannot be evaluated are counted by reason, never lost", async () => {
  const table = await read(
    "label,probability,error\nmn,0.9,\nnormal,0.2,\nmn,,\nmn,nan,\n,0.4,\nambiguous,0.5,\nmn,0.8,truncated file\n",
  );
  expect(table.scores).toEqual([0.9, 0.2]);
  expect(table).toMatchObject({
    rows: 7,
    leftOut: { withError: 1, withoutProbability: 2, withoutLabel: 1, ofOtherLabel: 1 },
  });
});

const inFields = (fields: number): string =>
  `label,probability,slide,field\n${Array.from({ length: 24 }, (_, row) => `${row % 2},0.5,A,${row % fields}\n`).join("")}`;

test("cells are grouped by the coarsest column with at least ten values, and by themselves where none has", async () => {
  const grouped = await read(inFields(12));
  expect(grouped.groupedBy).toBe("field");
  expect(new Set(grouped.groups).size).toBe(12);
  expect(await read(inFields(9))).toMatchObject({ groupedBy: null, groups: undefined });
});

test("any column can group, or none; fields of two slides with one number are two groups", async () => {
  const text = "label,probability,slide,field,day\n1,0.9,A,1,Mon\n0,0.2,B,1,\n";
  expect((await read(text, { groupBy: "day" })).groups).toEqual(["Mon", null]);
  expect((await read(text, { groupBy: "field" })).groups).toEqual(["A / 1", "B / 1"]);
  expect((await read(text, { groupBy: "none" })).groups).toBeUndefined();
});

test.each([
  ["SCORES_COLUMNS", "label,score\n1,0.9\n", /no column "probability"\. Found: label, score/],
  ["SCORES_VALUE", "label;probability\n1;0,9\n", /line 2: the probability is "0,9"/],
  ["SCORES_VALUE", "label,probability\n1,Infinity\n", /expected a finite number/],
  ["SCORES_ROW", 'label,probability\n1,"0.9\n', /line \d: the row cannot be read/],
  ["SCORES_EMPTY", "label,probability\n1,\n", /None of the 1 rows/],
  ["SCORES_EMPTY", "", /None of the 0 rows/],
  ["POSITIVE_UNKNOWN", "label,probability\nmicro,0.9\nhealthy,0.2\n", /--positive NAME/],
])("%s is thrown for %j", async (code, text, message) => {
  await expect(read(text)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test("a file that is not there, a column that is not there and a broken JSON line are named", async () => {
  await expect(readScoreTable(join(folder, "none.csv"), { groupBy: "auto" })).rejects.toMatchObject({
    code: "SCORES_NOT_FOUND",
  });
  await expect(read("label,probability\n1,0.9\n", { groupBy: "day" })).rejects.toMatchObject({
    code: "SCORES_COLUMNS",
  });
  await expect(read("{\n", {}, "broken.jsonl")).rejects.toMatchObject({ code: "SCORES_ROW" });
});
