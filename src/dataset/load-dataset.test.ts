import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../core/files.ts";
import { readClassFolders } from "./folder.ts";
import { loadDataset } from "./load-dataset.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dataset-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Files whose content is their name: loading does not decode. */
async function put(...names: string[]): Promise<void> {
  for (const name of names) await putText(name, name);
}

async function putText(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

describe("class folders", () => {
  const read = async (positive?: string) =>
    (await readClassFolders(folder, positive)).map(({ file, label, split, group }) => [file, label, split, group]);

  test("give their names as labels", async () => {
    await put("normal/b.png", "mn/a.png");
    expect(await read()).toEqual([
      ["mn/a.png", "mn", undefined, undefined],
      ["normal/b.png", "normal", undefined, undefined],
    ]);
  });

  test("may lie below other folders, which become the group", async () => {
    await put("slide 1/mn/a.png", "slide 1/normal/b.png", "slide 2/normal/c.png");
    expect(await read()).toEqual([
      ["slide 1/mn/a.png", "mn", undefined, "slide 1"],
      ["slide 1/normal/b.png", "normal", undefined, "slide 1"],
      ["slide 2/normal/c.png", "normal", undefined, "slide 2"],
    ]);
  });

  test("may hold other folders, which become the group", async () => {
    await put("mn/slide 1/a.png", "normal/slide 1/day 2/b.png");
    expect(await read()).toEqual([
      ["mn/slide 1/a.png", "mn", undefined, "slide 1"],
      ["normal/slide 1/day 2/b.png", "normal", undefined, "slide 1/day 2"],
    ]);
  });

  test("may lie in train, val and test", async () => {
    await put("train/mn/a.png", "train/normal/b.png", "validation/mn/c.png");
    expect(await read()).toEqual([
      ["train/mn/a.png", "mn", "train", undefined],
      ["train/normal/b.png", "normal", "train", undefined],
      ["validation/mn/c.png", "mn", "val", undefined],
    ]);
  });

  test("are the highest ones, where a folder in a class folder has the name of a class", async () => {
    await put("mn/a.png", "normal/mn/b.png");
    expect(await read()).toEqual([
      ["mn/a.png", "mn", undefined, undefined],
      ["normal/mn/b.png", "normal", undefined, "mn"],
    ]);
  });

  test("are found at the level of the positive class, whatever its name", async () => {
    await put("day/pos/a.png", "day/neg/b.png");
    expect(await read("pos")).toEqual([
      ["day/neg/b.png", "neg", undefined, "day"],
      ["day/pos/a.png", "pos", undefined, "day"],
    ]);
  });

  test("leave an image outside them without a label", async () => {
    await put("mn/a.png", "overview.png");
    expect((await read())[1]).toEqual(["overview.png", undefined, undefined, undefined]);
  });
});

describe("a data set", () => {
  test("has the cells of its two classes; others, unlabelled ones and those with an error are left out and kept in sight", async () => {
    await put("a.png", "b.png", "c.png", "d.png", "e.png");
    const path = await putText(
      "cells.csv",
      "file,label,error\na.png,mn,\nb.png,normal,\nc.png,ambiguous,\nd.png,,\ne.png,mn,IMAGE_TRUNCATED\n",
    );
    const { cells, leftOut, ...rest } = await loadDataset(path);
    expect(cells.map(({ file }) => file)).toEqual(["a.png", "b.png"]);
    expect(leftOut.map(({ file }) => file)).toEqual(["c.png", "d.png", "e.png"]);
    expect(rest).toMatchObject({ source: path, classes: ["normal", "mn"], positiveClass: "mn" });
  });

  test("is identified by the hashes of its files and their labels, not by names, order or place", async () => {
    await put("mn/a.png", "normal/b.png");
    const lines = [`${sha256("mn/a.png")} mn\n`, `${sha256("normal/b.png")} normal\n`].sort();
    const original = await loadDataset(folder);
    expect(original.hash).toBe(sha256(lines.join("")));
    const manifest = await putText("cells.csv", "file,label\nnormal/b.png,normal\nmn/z.png,mn\n");
    await rename(join(folder, "mn/a.png"), join(folder, "mn/z.png"));
    expect((await loadDataset(manifest)).hash).toBe(original.hash);
    await putText("cells.csv", "file,label\nnormal/b.png,mn\nmn/z.png,normal\n");
    expect((await loadDataset(manifest)).hash).not.toBe(original.hash);
  });

  test("of a folder with its own manifest follows the manifest", async () => {
    await put("mn/a.png", "normal/b.png", "normal/not-listed.png");
    await putText("manifest.csv", "file,label,field\nmn/a.png,mn,1\nnormal/b.png,normal,2\n");
    expect((await loadDataset(folder)).cells.map(({ field }) => field)).toEqual(["1", "2"]);
  });

  test("can be narrowed to the rows with given values", async () => {
    await put("a.png", "b.png", "c.png");
    const path = await putText("cells.csv", "file,label,source\na.png,mn,x\nb.png,normal,x\nc.png,mn,y\n");
    expect((await loadDataset(path, { where: { source: "x" } })).cells.map(({ file }) => file)).toEqual([
      "a.png",
      "b.png",
    ]);
    await expect(loadDataset(path, { where: { origin: "x" } })).rejects.toThrow(
      /"origin".*Columns: file, label, source/,
    );
    await expect(loadDataset(path, { where: { source: "z" } })).rejects.toThrow(/"z".*Values found: "x", "y"\./);
  });

  test("whose images moved says how many, where it looked and what to do", async () => {
    await put("mn/a.png", "normal/b.png");
    const path = await putText("cells.csv", "file,label\nmn/a.png,mn\nold/b.png,normal\nold/c.png,normal\n");
    await expect(loadDataset(path)).rejects.toMatchObject({
      code: "IMAGES_MOVED",
      message: expect.stringContaining(
        `2 of the 3 images of ${path} are not there. Looked for ${join(folder, "old", "b.png")}`,
      ),
    });
  });

  test("must not have a field in two splits", async () => {
    await put("a.png", "b.png");
    const path = await putText("cells.csv", "file,label,field,split\na.png,mn,S-014,train\nb.png,normal,S-014,test\n");
    await expect(loadDataset(path)).rejects.toMatchObject({ code: "SPLIT_SHARES_FIELD" });
  });

  test("without any cell, or that is not there, is an error", async () => {
    await expect(loadDataset(folder)).rejects.toMatchObject({ code: "NO_CELLS" });
    await expect(loadDataset(await putText("cells.csv", "file,label\n"))).rejects.toMatchObject({ code: "NO_CELLS" });
    await expect(loadDataset(join(folder, "nowhere"))).rejects.toMatchObject({ code: "DATA_NOT_FOUND" });
  });
});
