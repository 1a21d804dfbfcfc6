import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cell } from "./cell.ts";
import { readManifest, writeManifest } from "./manifest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "manifest-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(path: string): Promise<Cell[]> {
  const cells: Cell[] = [];
  for await (const cell of readManifest(path)) cells.push(cell);
  return cells;
}

async function readText(name: string, content: string | Uint8Array): Promise<Cell[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  return read(path);
}

describe("CSV", () => {
  test.each([
    ["commas", 'file,label,note\na.png,mn,"one, two"\n'],
    ["semicolons, as a German Excel writes them", "file;label;note\r\na.png;mn;one, two\r\n"],
    ["tabs", "file\tlabel\tnote\na.png\tmn\tone, two"],
    ["a byte order mark", '\uFEFFfile,label,note\na.png,mn,"one, two"\n'],
    ["quoted headings, old Mac line ends and blank lines", '"file","label","note"\r\ra.png,mn,"one, two"\r\r'],
  ])("separated by %s reads the same", async (_, content) => {
    const [cell, ...rest] = await readText("cells.csv", content);
    expect(rest).toEqual([]);
    expect(cell).toEqual({
      file: "a.png",
      path: join(folder, "a.png"),
      label: "mn",
      columns: { file: "a.png", label: "mn", note: "one, two" },
    });
  });

  test("files are looked for in the manifest's folder, with either slash, unless absolute", async () => {
    const absolute = resolve("/elsewhere/c.png");
    const cells = await readText("cells.csv", `file\nmn/a.png\nmn\\b.png\n${absolute}\n`);
    expect(cells.map(({ path }) => path)).toEqual([join(folder, "mn", "a.png"), join(folder, "mn", "b.png"), absolute]);
  });

  test("a quoted value may span lines; later lines keep their numbers", async () => {
    const content = 'file,note,x\na.png,"two\nlines",1\nb.png,,far\n';
    await expect(readText("cells.csv", content)).rejects.toThrow(/cells\.csv, line 4: the column "x" holds "far"/);
  });

  test.each([
    ["a row with too few values", "file,label\na.png,mn\nb.png\n", "MANIFEST_ROW", /line 3/],
    ["a quote that is not closed", 'file,label\n"a.png,mn\n', "MANIFEST_ROW", /line \d.*[Qq]uote/],
    ["no column file", "path,label\na.png,mn\n", "MANIFEST_COLUMNS", /no column "file". Found: path, label/],
    ["a column twice", "file,label,label\na.png,mn,mn\n", "MANIFEST_COLUMNS", /"label" occurs twice/],
    [
      "text that is not UTF-8",
      Buffer.from("file\nZellbl\xe4tter.png\n", "latin1"),
      "MANIFEST_ENCODING",
      /line 2.*UTF-8/,
    ],
    ["UTF-16", Buffer.from("\uFEFFfile\na.png\n", "utf16le"), "MANIFEST_ENCODING", /UTF-16/],
  ])("%s is an error that says where", async (_, content, code, message) => {
    const reading = readText("cells.csv", content);
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("an opening quote without end cannot take the rest of a large file into memory", async () => {
    const content = `file,label\n"a.png,mn\n${"b.png,mn\n".repeat(300_000)}`;
    await expect(readText("cells.csv", content)).rejects.toMatchObject({
      code: "MANIFEST_ROW",
      cause: { code: "CSV_MAX_RECORD_SIZE" },
    });
  });
});

describe("JSON Lines", () => {
  test("reads text, numbers and nothing; blank lines do not count as cells", async () => {
    const content = '\uFEFF{"file":"a.png","mn_count":2,"label":"mn","id":17,"slide":null}\r\n\r\n{"file":"b.png"}';
    const [first, second] = await readText("cells.jsonl", content);
    expect(first).toMatchObject({ file: "a.png", mnCount: 2, label: "mn", id: "17" });
    expect(first).not.toHaveProperty("slide");
    expect(second).toEqual({ file: "b.png", path: join(folder, "b.png"), columns: { file: "b.png" } });
  });

  test.each([
    ["a line that is not JSON", '{"file":"a.png"}\n{file}\n', "MANIFEST_ROW", /line 2/],
    ["a line that is no object", '["a.png"]\n', "MANIFEST_ROW", /line 1/],
    ["a row without file", '{"file":"a.png"}\n\n{"label":"mn"}\n', "MANIFEST_FILE", /line 3/],
  ])("%s is an error that says where", async (_, content, code, message) => {
    const reading = readText("cells.jsonl", content);
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test("a manifest that is not there, or of no known kind, is an error", async () => {
  await expect(read(join(folder, "none.csv"))).rejects.toMatchObject({ code: "DATA_NOT_FOUND" });
  await expect(readText("cells.xlsx", "PK")).rejects.toMatchObject({ code: "MANIFEST_FORMAT" });
});

describe("writing", () => {
  const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\uFFFD", "?"));
  const rows = fc.array(
    fc.record({ file: fc.constantFrom("a.png", "mn/b c.png", 'q"1,2.tif'), label: text, note: text, x: fc.integer() }),
    { minLength: 1, maxLength: 8 },
  );

  test.each(["round.csv", "round.tsv", "round.jsonl"])("%s gives every column back as it was", async (name) => {
    const path = join(folder, name);
    await fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const cells = values.map(({ file, label, note, x }) => ({
          file,
          path: resolve(folder, file),
          columns: { file, label, note, x: String(x) },
        }));
        await writeManifest(path, cells);
        const found = (await read(path)).map(({ columns }) => ({ label: "", note: "", ...columns }));
        expect(found).toEqual(cells.map(({ columns }) => columns));
      }),
      { numRuns: 40 },
    );
  });

  test("keeps the order of the columns, puts new ones last, and lets the cell correct its columns", async () => {
    const path = join(folder, "ordered.csv");
    const [first, second] = await readText("in.csv", "id,file,split,x\n7,a.png,validation,1.50\n8,b.png,,2\n");
    await writeManifest(path, [first!, { ...second!, split: "test", error: "too dark" }]);
    expect(await readFile(path, "utf8")).toBe("id,file,split,x,error\n7,a.png,val,1.50,\n8,b.png,test,2,too dark\n");
  });

  test("leaves no temporary file behind", async () => {
    await writeManifest(join(folder, "alone", "cells.csv"), [{ file: "a.png", path: "/a.png", columns: {} }]);
    expect(await readdir(join(folder, "alone"))).toEqual(["cells.csv"]);
  });
});

test("a million rows are read in bounded memory: a heap of 48 MB is enough", async () => {
  const path = join(folder, "million.csv");
  const pieces = Readable.from(
    (function* () {
      yield "file,label,mn_count,field,split\n";
      for (let piece = 0; piece < 1000; piece++)
        yield Array.from({ length: 1000 }, (_, row) => `cells/${piece}-${row}.jpg,mn,1,F-${piece},train\n`).join("");
    })(),
  );
  await pipeline(pieces, createWriteStream(path));
  const program = `
    import { readManifest } from ${JSON.stringify(new URL("./manifest.ts", import.meta.url).href)};
    let cells = 0;
    let micronuclei = 0;
    for await (const cell of readManifest(${JSON.stringify(path)})) { cells++; micronuclei += cell.mnCount; }
    console.log(cells, micronuclei);`;
  const node = ["--max-old-space-size=48", "--input-type=module", "--eval", program];
  expect(execFileSync(process.execPath, node, { encoding: "utf8" })).toBe("1000000 1000000\n");
});
