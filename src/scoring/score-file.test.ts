import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ScoreFile } from "./score-file.ts";
import type { ScoreRow } from "./score-format.ts";
import type { ScoreColumns } from "./score-row.ts";

const IDENTITY = { modelSha256: "m", sourceSha256: "s", threshold: 0.5, positiveClass: "mn" };
const SCORED: ScoreColumns = {
  probability: 0.75,
  prediction: "mn",
  attention_x: 1,
  attention_y: 2,
  attention_peak: 0.5,
  evidence_x: 3,
  evidence_y: 4,
  quality: "ok",
  error: "",
};
const FAILED: ScoreColumns = {
  probability: "",
  prediction: "",
  attention_x: "",
  attention_y: "",
  attention_peak: "",
  evidence_x: "",
  evidence_y: "",
  quality: "unreadable",
  error: 'IMAGE_EMPTY: "b, c.png" has 0 bytes.',
};
const ROWS: readonly ScoreRow[] = [
  { columns: { file: "a.png", id: "007" }, score: SCORED },
  { columns: { file: "b, c.png", id: "" }, score: FAILED },
  { columns: { file: "d.png", note: "late" }, score: { ...SCORED, prediction: "normal", probability: 0.25 } },
];

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-scores-"));
  path = join(folder, "scores.csv");
});
afterEach(() => rm(folder, { recursive: true }));

async function writeRows(to: string, rows: readonly ScoreRow[], identity = IDENTITY): Promise<ScoreFile> {
  const file = await ScoreFile.open(to, identity);
  for (const row of rows) await file.write(row);
  return file;
}

test("CSV: the source's columns as they were, in order of appearance, then ours; texts quoted where needed", async () => {
  await (await writeRows(path, ROWS)).finish();
  expect(await readFile(path, "utf8")).toBe(
    [
      "file,id,note,probability,prediction,attention_x,attention_y,attention_peak,evidence_x,evidence_y,quality,error",
      "a.png,007,,0.75,mn,1,2,0.5,3,4,ok,",
      '"b, c.png",,,,,,,,,,unreadable,"IMAGE_EMPTY: ""b, c.png"" has 0 bytes."',
      "d.png,,late,0.25,normal,1,2,0.5,3,4,ok,",
      "",
    ].join("\n"),
  );
});

test("JSON Lines: numbers are numbers, what is missing is null", async () => {
  const lines = join(folder, "scores.jsonl");
  await (await writeRows(lines, ROWS)).finish();
  const [first, second] = (await readFile(lines, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(first).toEqual({ file: "a.png", id: "007", ...SCORED, error: null });
  expect(second).toMatchObject({ file: "b, c.png", probability: null, quality: "unreadable" });
});

test("a column of the source that is called like one of ours is kept as source_...", async () => {
  await (await writeRows(path, [{ columns: { file: "a.png", probability: "0.1" }, score: SCORED }])).finish();
  const [header, row] = (await readFile(path, "utf8")).split("\n");
  expect(header).toMatch(/^file,source_probability,probability,/);
  expect(row).toMatch(/^a\.png,0\.1,0\.75,/);
});

test("there is no file under the name until the scoring is finished, and no partial one after it", async () => {
  const file = await writeRows(path, ROWS);
  await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" });
  await file.finish();
  await expect(readFile(`${path}.partial`)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each([
  ["", "ends well"],
  ['{"columns":{"file":"d.p', "ends in half a line"],
  ["\0\0\0\0\n\0\0\n", "ends in bytes that were never written"],
])("broken off and continued is the same, byte for byte, and so are the counts (the file %2$s)", async (damage) => {
  const whole = join(folder, "whole.csv");
  await (await writeRows(whole, ROWS)).finish();
  await (await writeRows(path, ROWS.slice(0, 2))).suspend();
  await appendFile(`${path}.partial`, damage);
  const again = await ScoreFile.open(path, IDENTITY);
  expect(again.before).toEqual({ cells: 2, failed: 1, positive: 1 });
  await again.write(ROWS[2] as ScoreRow);
  await again.finish();
  expect(await readFile(path)).toEqual(await readFile(whole));
});

test.each([{ modelSha256: "other" }, { sourceSha256: "other" }, { threshold: 0.4 }, { views: 8 }])(
  "a file of another identity starts anew: %o",
  async (other) => {
    await (await writeRows(path, ROWS)).suspend();
    const again = await ScoreFile.open(path, { ...IDENTITY, ...other });
    expect(again.before).toEqual({ cells: 0, failed: 0, positive: 0 });
    await again.finish();
    expect((await readFile(path, "utf8")).trim().split("\n")).toHaveLength(1);
  },
);

test("a folder that is not there is an error with what to do", async () => {
  const nowhere = join(folder, "absent", "scores.csv");
  await expect(ScoreFile.open(nowhere, IDENTITY)).rejects.toMatchObject({ code: "SCORES_NOT_WRITTEN" });
  await writeFile(join(folder, "absent"), "a file");
  await expect(ScoreFile.open(nowhere, IDENTITY)).rejects.toMatchObject({ code: "SCORES_NOT_WRITTEN" });
});
