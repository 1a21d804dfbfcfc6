import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findImages } from "./list.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
}

async function found(): Promise<string[]> {
  return (await findImages(folder)).map((path) => relative(folder, path).split(sep).join("/"));
}

test("images of all subfolders, sorted by code units, extensions in any case; nothing else", async () => {
  put("mn/b.jpg", "mn/a.TIFF", "mn/B.png", "normal/x/y/c.bmp", "d.webp", "e.jpeg", "f.tif", "g.gif");
  put("mn-2/a.png", "notes.txt", "jpg", "manifest.csv", "a.png.txt");
  expect(await found()).toEqual([
    "d.webp",
    "e.jpeg",
    "f.tif",
    "g.gif",
    "mn-2/a.png",
    "mn/B.png",
    "mn/a.TIFF",
    "mn/b.jpg",
    "normal/x/y/c.bmp",
  ]);
});

test("hidden files and folders, as macOS leaves them beside images, are left out", async () => {
  put("a.png", "._a.png", ".thumbnails/a.png");
  expect(await found()).toEqual(["a.png"]);
});

test.skipIf(process.platform === "win32")("links that lead in a circle end, and no image is found twice", async () => {
  put("z/a.png", "z/deep/b.png");
  symlinkSync(folder, join(folder, "z", "deep", "up"));
  symlinkSync(join(folder, "z"), join(folder, "a-link-to-z"));
  expect(await found()).toEqual(["z/a.png", "z/deep/b.png"]);
});

test.skipIf(process.platform === "win32")("a linked folder elsewhere is entered; a broken link is listed", async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "micronuclei-"));
  writeFileSync(join(elsewhere, "far.png"), "");
  symlinkSync(elsewhere, join(folder, "slide"));
  symlinkSync(join(folder, "nowhere.png"), join(folder, "broken.png"));
  expect(await found()).toEqual(["broken.png", "slide/far.png"]);
  rmSync(elsewhere, { recursive: true });
});

test("an empty folder has no images", async () => {
  expect(await found()).toEqual([]);
});

test("a missing folder is IMAGE_FOLDER_NOT_FOUND, a file IMAGE_FOLDER_UNREADABLE", async () => {
  put("a.png");
  await expect(findImages(join(folder, "none"))).rejects.toMatchObject({ code: "IMAGE_FOLDER_NOT_FOUND" });
  await expect(findImages(join(folder, "a.png"))).rejects.toMatchObject({ code: "IMAGE_FOLDER_UNREADABLE" });
});
