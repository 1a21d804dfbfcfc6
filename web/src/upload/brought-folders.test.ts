import { expect, test } from "vitest";
import { batchesOf, sideBySide } from "./brought-folders.ts";

const files = (...paths: string[]) => paths.map((path) => ({ path, file: {} as File }));
const names = (...paths: string[]) => {
  const found = sideBySide(files(...paths));
  return found && [...found.keys()];
};

test("folders side by side are those below the folder that all images share", () => {
  expect(names("study/A/1.png", "study/A/2.png", "study/B/1.png")).toEqual(["A", "B"]);
  expect(names("A/1.png", "B/s1/1.png")).toEqual(["A", "B"]);
  expect(names("study/A/s1/1.png", "study/A/s2/1.png")).toEqual(["s1", "s2"]);
});

test("one folder, loose images, and images beside folders are not divided", () => {
  for (const paths of [[], ["1.png"], ["1.png", "2.png"], ["A/1.png", "A/2.png"], ["study/A/1.png", "study/2.png"]])
    expect(names(...paths)).toBeNull();
});

test("each image is sent once, to the sample or slide that its folder stands for", () => {
  const images = files("study/A/1.png", "study/B/2.png", "study/A/3.png");
  const places = (meaning: Parameters<typeof batchesOf>[1]) =>
    batchesOf(images, meaning, { sample: "S", slide: "1" }).map(({ place, images: own }) => [
      ...[place.sample, place.slide],
      own.map(({ path }) => path),
    ]);
  expect(places("samples")).toEqual([
    ["A", "1", ["study/A/1.png", "study/A/3.png"]],
    ["B", "1", ["study/B/2.png"]],
  ]);
  expect(places("slides").map(([sample, slide]) => [sample, slide])).toEqual([
    ["S", "A"],
    ["S", "B"],
  ]);
  expect(places("nothing")).toEqual([["S", "1", images.map(({ path }) => path)]]);
});
