import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { NOW, studyOf, tinyReview } from "../../test/server/tiny-review.ts";
import { removeAbandonedFolders } from "./abandoned-folders.ts";
import { keepOrder } from "./score-order.ts";

const DAYS_AGO = new Date(NOW().getTime() - 2 * 24 * 60 * 60 * 1000);
const HOUR_AGO = new Date(NOW().getTime() - 60 * 60 * 1000);
const id = (digit: number) => `${digit}0000000-0000-4000-8000-000000000000`;

test("only what nobody imported, waits for or has touched for a day is removed", async () => {
  const review = await tinyReview([]);
  onTestFinished(() => review.close());
  const { workspace, folder } = review.context;
  const make = async (path: string, at: Date) => {
    await mkdir(join(folder, path, "images"), { recursive: true });
    await writeFile(join(folder, path, "some.json"), "{}");
    for (const touched of ["images", "some.json", "."]) await utimes(join(folder, path, touched), at, at);
  };
  for (const digit of [1, 2, 3]) await make(`uploads/${id(digit)}`, DAYS_AGO);
  await make(`uploads/${id(4)}`, HOUR_AGO);
  await make(`models/.training-${id(5)}`, DAYS_AGO);
  await make(`models/.training-${id(6)}`, HOUR_AGO);
  await make("models/Our slides", DAYS_AGO);
  const cells = join(folder, "uploads", id(1), "images");
  const study = await studyOf(review.context, "Study", { S1: { folder: cells, files: ["cell.png"] } });
  const upload = { id: id(2), sample: "S2", slide: "1" };
  await keepOrder(folder, { studyId: study.id, by: "Ana", target: { modelId: "x" }, upload }, NOW());

  expect(await removeAbandonedFolders(workspace, folder, NOW())).toBe(2);
  expect((await readdir(join(folder, "uploads"))).sort()).toEqual([id(1), id(2), id(4)]);
  expect((await readdir(join(folder, "models"))).sort()).toEqual([`.training-${id(6)}`, "Our slides"]);
  expect(await removeAbandonedFolders(workspace, folder, NOW())).toBe(0);
});
