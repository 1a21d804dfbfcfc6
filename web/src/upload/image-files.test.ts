import { expect, test } from "vitest";
import { chosenFiles, isImage, suggestedName } from "./image-files.ts";

function named(path: string): File {
  const file = new File(["x"], path.slice(path.lastIndexOf("/") + 1));
  Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
  return file;
}

test("images are sorted as a person counts, and what is none is counted", () => {
  const { images, leftOut } = chosenFiles(["S/cell10.png", "S/notes.txt", "S/cell9.TIF", "S/._cell9.TIF"].map(named));
  expect(images.map(({ path }) => path)).toEqual(["S/cell9.TIF", "S/cell10.png"]);
  expect(leftOut).toBe(2);
});

test("an ending is told by the file's name, not by its folder's", () => {
  expect(["a.png/readme", "a.b/c.jpeg", "png"].map(isImage)).toEqual([false, true, false]);
});

test("the folder names the sample; loose files and several folders do not", () => {
  const of = (...paths: string[]) => suggestedName(chosenFiles(paths.map(named)).images);
  expect(of("Slide 7/a.png", "Slide 7/deep/b.png")).toBe("Slide 7");
  expect(of("a.png", "b.png")).toBe("");
  expect(of("one/a.png", "two/b.png")).toBe("");
});
