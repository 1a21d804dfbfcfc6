import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RandomStream } from "../core/random.ts";
import { type ImportOptions, importDataset } from "./import-dataset.ts";
import { loadDataset } from "./load-dataset.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** An 8 x 6 picture of one grey value; pictures of equal grey are duplicates. */
async function paint(name: string, grey: number): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await sharp({ create: { width: 8, height: 6, channels: 3, background: { r: grey, g: grey, b: grey } } }).toFile(path);
}

async function paintClasses(positives: number, negatives: number): Promise<void> {
  for (let index = 0; index < positives; index++) await paint(`cells/mn/${index}.png`, index);
  for (let index = 0; index < negatives; index++) await paint(`cells/normal/${index}.png`, 100 + index);
}

const importCells = (source: string, options: Partial<ImportOptions> = {}) =>
  importDataset(join(folder, source), { out: join(folder, "data.csv"), stream: new RandomStream(1), ...options });

async function rowsOf(manifest: string): Promise<Map<string, Record<string, string>>> {
  const { cells, leftOut } = await loadDataset(join(folder, manifest));
  return new Map([...cells, ...leftOut].map(({ file, columns }) => [file, { ...columns }]));
}

describe("an import", () => {
  test("writes a manifest with hash, size and split of every image, and says the same in its reports", async () => {
    await paintClasses(5, 10);
    const report = await importCells("cells");
    expect(report).toMatchObject({
      cells: 15,
      usable: 15,
      classes: { negative: "normal", positive: "mn" },
      labels: [
        { label: "mn", cells: 5, usable: 5 },
        { label: "normal", cells: 10, usable: 10 },
      ],
      formats: { png: 15 },
      width: [8, 8],
      height: [6, 6],
      unreadable: [],
      duplicates: [],
      conflicts: [],
    });
    expect(report.split.splits.map(({ labels }) => labels.map(({ cells }) => cells))).toEqual([
      [3, 6],
      [1, 2],
      [1, 2],
    ]);
    // 3 positives could become 15, but there are 6 negatives: 6 of each.
    expect(report.tables?.tad[0]).toEqual({
      split: "train",
      before: { positive: 3, negative: 6 },
      after: { positive: 6, negative: 6 },
    });
    expect((await rowsOf("data.csv")).get("cells/mn/0.png")).toMatchObject({
      label: "mn",
      image_width: "8",
      image_height: "6",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      error: "",
    });
    expect((await loadDataset(join(folder, "data.csv"))).hash).toBe(report.hash);
    expect(JSON.parse(await readFile(join(folder, "data.report.json"), "utf8"))).toEqual(report);
    expect(await readFile(join(folder, "data.report.md"), "utf8")).toContain("| train | 9 | 3 (60.0 %) | 6 (60.0 %) |");
  });

  test("keeps unreadable and missing images as rows with the error, and counts them", async () => {
    await paintClasses(5, 5);
    await truncate(join(folder, "cells/mn/0.png"), 40);
    await writeFile(join(folder, "cells/normal/0.png"), "");
    const lines = ["mn", "normal"].flatMap((label) => [0, 1, 2, 3, 4].map((index) => `${label}/${index}.png,${label}`));
    await writeFile(join(folder, "cells/list.csv"), `file,label\n${lines.join("\n")}\nmn/gone.png,mn\n`);
    const report = await importCells("cells/list.csv");
    expect(report).toMatchObject({ cells: 11, usable: 8 });
    expect(report.unreadable.map(({ file }) => file)).toEqual([
      "cells/mn/0.png",
      "cells/normal/0.png",
      "cells/mn/gone.png",
    ]);
    const rows = await rowsOf("data.csv");
    expect(rows.size).toBe(11);
    expect(rows.get("cells/mn/gone.png")).toMatchObject({
      error: expect.stringMatching(/^IMAGE_NOT_FOUND: /),
      split: "",
    });
    const dataset = await loadDataset(join(folder, "data.csv"));
    expect(dataset.cells).toHaveLength(8);
    expect(dataset.leftOut).toHaveLength(3);
  });

  test("keeps one of several copies, whatever their file format, and none where their labels differ", async () => {
    await paintClasses(5, 5);
    await paint("cells/mn/copy-of-1.tif", 1);
    await paint("cells/normal/copy-of-mn-2.png", 2);
    const report = await importCells("cells");
    expect(report.duplicates).toEqual([
      { kept: "cells/mn/1.png", dropped: ["cells/mn/copy-of-1.tif"], acrossSplits: false },
    ]);
    expect(report.conflicts).toEqual([
      [
        { file: "cells/mn/2.png", label: "mn" },
        { file: "cells/normal/copy-of-mn-2.png", label: "normal" },
      ],
    ]);
    expect(report).toMatchObject({ cells: 12, usable: 9 });
    const rows = await rowsOf("data.csv");
    expect(rows.get("cells/mn/copy-of-1.tif")?.error).toBe("DUPLICATE: the same picture as cells/mn/1.png");
    expect(rows.get("cells/mn/2.png")?.error).toBe(
      "LABEL_CONFLICT: the same picture as cells/normal/copy-of-mn-2.png, which is labelled normal",
    );
  });

  test("does not take pictures of equal grey for copies whose shapes differ (8 x 6 and 6 x 8)", async () => {
    await paint("mn/wide.png", 9);
    await paint("mn/a.png", 1);
    await paint("normal/b.png", 2);
    await sharp(join(folder, "mn/wide.png")).rotate(90).toFile(join(folder, "mn/tall.png"));
    const { duplicates, width, height } = await importCells(".");
    expect({ duplicates, width, height }).toEqual({ duplicates: [], width: [6, 8], height: [6, 8] });
  });

  test("takes one copy of a picture out of the training set that the test set also has", async () => {
    await paint("a.png", 1);
    await paint("b.png", 1);
    await paint("c.png", 2);
    const list = "file,label,split\na.png,mn,train\nb.png,mn,test\nc.png,normal,train\n";
    await writeFile(join(folder, "list.csv"), list);
    const report = await importCells("list.csv");
    expect(report.duplicates).toEqual([{ kept: "b.png", dropped: ["a.png"], acrossSplits: true }]);
    expect(report.warnings).toContainEqual(expect.stringMatching(/^The same picture was in more than one split: 1 /));
    expect(report.warnings).toContain('No cell of "mn" is in train.');
  });

  test("gives the same bytes for the same seed, and again when its own manifest is imported", async () => {
    await paintClasses(6, 9);
    const bytes = async (out: string, source: string) => {
      await importCells(source, { out: join(folder, out), resplit: true });
      return readFile(join(folder, out), "utf8");
    };
    const first = await bytes("one.csv", "cells");
    expect(await bytes("two.csv", "cells")).toBe(first);
    expect(await bytes("three.csv", "one.csv")).toBe(first);
  });

  test("forgets the errors of an earlier import once the image is readable", async () => {
    await paintClasses(3, 4);
    await writeFile(join(folder, "cells/mn/0.png"), "");
    expect((await importCells("cells")).unreadable).toHaveLength(1);
    await paint("cells/mn/0.png", 77);
    const again = await importCells("data.csv", { out: join(folder, "again.csv"), resplit: true });
    expect(again).toMatchObject({ usable: 7, unreadable: [] });
  });

  test("leaves an unreadable row in the split that it came with", async () => {
    await paintClasses(2, 2);
    await writeFile(join(folder, "cells/mn/1.png"), "");
    const list = "file,label,split\nmn/0.png,mn,train\nmn/1.png,mn,val\nnormal/0.png,normal,train\n";
    await writeFile(join(folder, "cells/list.csv"), list);
    await importCells("cells/list.csv");
    expect((await rowsOf("data.csv")).get("cells/mn/1.png")).toMatchObject({ split: "val" });
  });

  test("warns where nothing is known that a split could keep whole, and where label and count disagree", async () => {
    await paintClasses(5, 5);
    expect((await importCells("cells")).warnings).toEqual([
      expect.stringMatching(/^No donor, slide or field is known/),
    ]);
    const list = "file,label,field,mn_count\nmn/0.png,mn,1,0\nmn/1.png,mn,2,1\nnormal/0.png,normal,3,2\n";
    await writeFile(join(folder, "cells/list.csv"), list);
    const { warnings } = await importCells("cells/list.csv");
    expect(warnings).toContain('Labelled "mn" with an mn_count of 0: 1 cell(s).');
    expect(warnings).toContain('Labelled "normal" with an mn_count above 0: 1 cell(s).');
  });

  test("warns once where the split cannot meet its targets (of 3 cells, each split gets one)", async () => {
    await paintClasses(3, 3);
    const { warnings, split } = await importCells("cells");
    expect(split.splits.map(({ labels }) => labels.map(({ cells }) => cells))).toEqual(new Array(3).fill([1, 1]));
    expect(warnings[0]).toMatch(/^The split is uneven: train has 33\.3 % of "(mn|normal)" instead of 60\.0 %/);
    expect(warnings).toHaveLength(2);
  });

  test("reports its progress, image by image", async () => {
    await paintClasses(3, 3);
    const seen: number[] = [];
    const options = { out: join(folder, "data.csv"), stream: new RandomStream(1) };
    await importDataset(join(folder, "cells"), options, ({ done, total }) => seen.push(done / total));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6));
  });
});

describe("an import is refused", () => {
  test("over its own source", async () => {
    await expect(importCells("data.csv")).rejects.toMatchObject({ code: "IMPORT_OVERWRITES_SOURCE" });
  });

  test("into a file that would not be a manifest by its name", async () => {
    await expect(importCells("cells", { out: join(folder, "data.xlsx") })).rejects.toMatchObject({
      code: "MANIFEST_FORMAT",
    });
  });

  test("where no image is where the manifest says", async () => {
    await writeFile(join(folder, "list.csv"), "file,label\na.png,mn\nb.png,normal\nc.png,normal\n");
    await expect(importCells("list.csv")).rejects.toMatchObject({ code: "IMAGES_MOVED" });
  });

  test("where no image can be used", async () => {
    await mkdir(join(folder, "cells/mn"), { recursive: true });
    await mkdir(join(folder, "cells/normal"), { recursive: true });
    for (const name of ["mn/a.png", "mn/b.png", "normal/c.png"]) await writeFile(join(folder, "cells", name), "text");
    await expect(importCells("cells")).rejects.toMatchObject({ code: "NO_USABLE_CELLS" });
  });
});
