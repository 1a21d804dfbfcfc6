import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TINY_SIDE, tinyCell, tinyCells } from "../../test/scoring/tiny-model.ts";
import { studyOf, type TinyReview, tinyReview } from "../../test/server/tiny-review.ts";
import { readImage } from "../images/decode.ts";
import { sharp } from "../images/sharp.ts";
import { imageRoutes } from "./image-routes.ts";

let review: TinyReview;
let folder: string;
const get = async (url: string, headers: Record<string, string> = {}) =>
  await review.app.inject({ method: "GET", url: `/api/cells/${url}`, headers });

beforeAll(async () => {
  folder = await tinyCells(["plain.png"]);
  await writeFile(join(folder, "broken.png"), "no image");
  const ramp = Uint16Array.from({ length: 400 * 200 }, (_, pixel) => 1000 + 10 * (pixel % 400));
  const deep = sharp(ramp, { raw: { width: 400, height: 200, channels: 1 } }).toColourspace("grey16");
  await writeFile(join(folder, "deep.tif"), await deep.tiff().toBuffer());
  await writeFile(
    join(folder, "changed.png"),
    await sharp(Buffer.alloc(27), { raw: { width: 3, height: 3, channels: 3 } })
      .png()
      .toBuffer(),
  );
  review = await tinyReview([imageRoutes]);
  await studyOf(review.context, "Study", {
    A: { folder, files: ["plain.png", "broken.png", "deep.tif", "changed.png", "absent.png"] },
  });
  await writeFile(join(folder, "changed.png"), "another file");
});
afterAll(async () => {
  await review.close();
  await rm(folder, { recursive: true });
});

test("a picture comes at its own size with its own grey values, and is never enlarged", async () => {
  for (const query of ["", "?side=128"]) {
    const answer = await get(`1/image${query}`);
    expect(answer.headers).toMatchObject({
      "content-type": "image/png",
      "cache-control": expect.stringContaining("immutable"),
    });
    const image = await readImage(answer.rawPayload);
    expect([image.width, image.height]).toEqual([TINY_SIDE, TINY_SIDE]);
    expect(image.data).toEqual(tinyCell(0).data);
  }
});

test("a tile's longer side is what was asked for, and the proportions stay: 400 x 200 becomes 100 x 50", async () => {
  const image = await readImage((await get("3/image?side=100")).rawPayload);
  expect([image.width, image.height]).toEqual([100, 50]);
});

test("16-bit values are windowed by the percentiles asked for: those of a ramp become black, mid-grey and white", async () => {
  const { data } = await readImage((await get("3/image?low=25&high=75")).rawPayload);
  expect([data[0], data[99], data[301], data[399]]).toEqual([0, 0, 255, 255]);
  expect(Math.abs((data[200] ?? 0) - 128)).toBeLessThanOrEqual(1);
});

test("who has the tile already is told so, and another size or window is another tile", async () => {
  const tag = String((await get("1/image?side=64")).headers.etag);
  const again = await get("1/image?side=64", { "if-none-match": tag });
  expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
  expect((await get("1/image?side=65", { "if-none-match": tag })).statusCode).toBe(200);
  expect((await get("1/image?side=64&low=5", { "if-none-match": tag })).statusCode).toBe(200);
});

test.each([
  [2, "IMAGE_FORMAT_UNKNOWN"],
  [4, "CELL_CHANGED"],
  [5, "IMAGE_NOT_FOUND"],
])("picture %i cannot be shown: 422 with the code %s, and neither file nor folder is named", async (id, code) => {
  const answer = await get(`${id}/image?side=96`);
  expect([answer.statusCode, answer.json().code]).toEqual([422, code]);
  expect(answer.json().message).toContain(`of cell ${id}`);
  expect(answer.body).not.toContain(folder);
  expect(answer.body).not.toContain(".png");
  expect(answer.headers["cache-control"]).toBe("no-store");
});

test("only imported cells can be asked for, and only in sensible sizes", async () => {
  expect((await get("99/image")).json().code).toBe("CELL_MISSING");
  expect((await get("1/image?side=63")).statusCode).toBe(400);
  expect((await get("..%2f..%2fetc%2fpasswd/image")).statusCode).toBe(400);
});
