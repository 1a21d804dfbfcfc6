import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askPlainly, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { studyOf, type TinyReview, tinyReview } from "../../test/server/tiny-review.ts";
import { sharp } from "../images/sharp.ts";
import { labelCell, undoLabel } from "../workspace/labels.ts";
import { setBlinded } from "../workspace/readers.ts";
import { ensureScoring } from "../workspace/scorings.ts";
import { explanationRoutes } from "./explanation-routes.ts";

const MODEL = tinyModel(1);
let review: TinyReview;
let folder: string;
const get = async (url: string, headers: Record<string, string> = {}) =>
  await review.app.inject({ method: "GET", url: `/api/cells/${url}`, headers });

beforeAll(async () => {
  folder = await tinyCells(["0.png", "1.png", "2.png", "3.png"]);
  await writeFile(join(folder, "broken.png"), "no image");
  review = await tinyReview([explanationRoutes]);
  const { workspace, models } = review.context;
  const study = await studyOf(review.context, "Study", {
    A: { folder, files: ["0.png", "1.png", "2.png", "broken.png"] },
    B: { folder, files: ["3.png"] },
  });
  const { id: modelSha256, path: modelPath, metadata } = await models.current();
  const settings = { origin: "scored here" };
  await ensureScoring(workspace, "Ana", {
    studyId: study.id,
    modelSha256,
    modelPath,
    model: metadata,
    threshold: 0.4,
    settings,
    version: "0",
  });
  for (const cellId of [2, 3, 4]) await labelCell(workspace, "Ben", { cellId, finding: "mn", micronuclei: 1 });
  await labelCell(workspace, "Ana", { cellId: 1, finding: "normal", micronuclei: 0 });
  await undoLabel(workspace, "Ana", 1);
});
afterAll(async () => {
  await review.close();
  await rm(folder, { recursive: true });
});

test("a cell's maps are the model's own, each with the place and the value of its peak", async () => {
  const answer = (await get("1/explanation")).json();
  expect(answer).toMatchObject({
    cellId: 1,
    threshold: 0.4,
    image: { width: 67, height: 67, bits: 8, grey: true },
    error: null,
  });
  expect(answer.maps.map(({ name }: { name: string }) => name)).toEqual(["evidence", "layer6", "layer5"]);
  const { floats } = await askPlainly(MODEL, [tinyCell(0)]);
  const layer6 = floats("attention_6");
  const peak = layer6.indexOf(Math.max(...layer6));
  const [, map] = answer.maps;
  expect(map.peak.value).toBeCloseTo(Math.max(...layer6), 5);
  expect([map.peak.x, map.peak.y]).toEqual([((peak % 3) + 0.5) / 3, (Math.floor(peak / 3) + 0.5) / 3]);
  expect(map.minimum).toBeCloseTo(Math.min(...layer6), 5);
  expect(answer.labels).toMatchObject([{ reader: "Ana", finding: "normal", withdrawn: true }]);
});

test("a map's picture has its size, is opaque at its peak and transparent at its least; its address may be kept for ever", async () => {
  const { maps } = (await get("1/explanation")).json();
  const { url, peak } = maps[1];
  const answer = await get(`${url.replace("/api/cells/", "")}&side=96`);
  expect(answer.headers).toMatchObject({
    "content-type": "image/png",
    "cache-control": expect.stringContaining("immutable"),
  });
  const { data, info } = await sharp(answer.rawPayload).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([96, 96, 4]);
  const opacity = (x: number, y: number) => data[(Math.floor(y * 96) * 96 + Math.floor(x * 96)) * 4 + 3] ?? 0;
  expect(opacity(peak.x, peak.y)).toBeGreaterThan(240);
  expect(data.filter((_, index) => index % 4 === 3).includes(0)).toBe(true);
  expect((await get("1/maps/layer6", {})).headers["cache-control"]).toBe("private, no-cache");
  const tag = String((await get("1/maps/layer6")).headers.etag);
  expect((await get("1/maps/layer6", { "if-none-match": tag })).statusCode).toBe(304);
  expect((await get("1/maps/layer9")).json().code).toBe("MAP_MISSING");
});

test("occlusion begins at the model's own probability, and names the place whose covering changes it most", async () => {
  const answer = (await review.app.inject({ method: "POST", url: "/api/cells/1/occlusion", payload: {} })).json();
  const [probability = 0] = (await askPlainly(MODEL, [tinyCell(0)])).probability;
  expect(answer.baseline).toBeCloseTo(probability, 5);
  expect(Math.abs(answer.strongest.probability - answer.baseline)).toBeGreaterThan(0);
  expect((await get(`1/maps/occlusion?v=${answer.map.url.split("v=")[1]}`)).statusCode).toBe(200);
});

test("similar cells are the labelled ones of the study, the most alike first, compared by the features of the model", async () => {
  const { cells, compared } = (await get("1/similar?count=2")).json();
  // Cell 4 cannot be read; cells 2 and 3 are labelled, cell 5 is not.
  expect(compared).toBe(2);
  expect(cells.map(({ cellId }: { cellId: number }) => cellId).sort()).toEqual([2, 3]);
  expect(cells[0].similarity).toBeGreaterThanOrEqual(cells[1].similarity);
  expect(cells[0]).toMatchObject({ sample: "A", label: { reader: "Ben", finding: "mn" } });
  expect((await get("1/similar?count=2")).json()).toEqual({ cells, compared });
});

test("a cell whose picture cannot be read is explained by its error", async () => {
  const answer = (await get("4/explanation")).json();
  expect(answer).toMatchObject({ image: null, maps: [], error: expect.stringContaining("IMAGE_FORMAT_UNKNOWN") });
  expect(answer.error).not.toContain(folder);
});

test("a blinded reader sees neither the model's view nor others' labels", async () => {
  const { workspace } = review.context;
  await setBlinded(workspace, "Ben", { studyId: 1, name: "Ana", blinded: true });
  expect((await get("2/explanation")).json()).toMatchObject({
    probability: null,
    threshold: null,
    maps: [],
    labels: [],
  });
  for (const url of ["2/maps/layer6", "2/similar"]) expect((await get(url)).json().code).toBe("READING_BLINDED");
  await setBlinded(workspace, "Ben", { studyId: 1, name: "Ana", blinded: false });
});
