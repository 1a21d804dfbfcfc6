import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tinyModel } from "../../test/scoring/tiny-model.ts";
import { studyOf, type TinyReview, tinyReview } from "../../test/server/tiny-review.ts";
import { drawTinyDataset } from "../../test/training/tiny-run.ts";
import { labelCells } from "../workspace/labels.ts";
import type { Comparison, Model } from "./api/models.ts";
import { modelRoutes } from "./model-routes.ts";

const CELLS = 64;
const SAMPLES = 4;
let review: TinyReview;
let images: string;
const post = async (url: string, payload: object) =>
  await review.app.inject({ method: "POST", url: `/api/${url}`, payload });
const models = async (): Promise<Model[]> =>
  (await review.app.inject({ method: "GET", url: "/api/models" })).json().models;

/** Drawn discs in four samples; every third has a small one beside it, and Ana has labelled them all so. */
beforeAll(async () => {
  images = (await drawTinyDataset(CELLS)).folder;
  review = await tinyReview([modelRoutes]);
  const file = (index: number) => `cell-${index}.png`;
  const sample = (number: number) =>
    Array.from({ length: CELLS / SAMPLES }, (_, index) => file(number * (CELLS / SAMPLES) + index));
  const samples = Array.from(
    { length: SAMPLES },
    (_, number) => [`S${number}`, { folder: images, files: sample(number) }] as const,
  );
  await studyOf(review.context, "Study", Object.fromEntries(samples));
  await labelCells(
    review.context.workspace,
    "Ana",
    Array.from({ length: CELLS }, (_, index) =>
      index % 3 === 0
        ? { cellId: index + 1, finding: "mn" as const, micronuclei: 1 }
        : { cellId: index + 1, finding: "normal" as const, micronuclei: 0 },
    ),
  );
});
afterAll(async () => {
  await review.close();
  await rm(images, { recursive: true });
});

test("the model in the box is in use until a person chooses another, which the audit trail has", async () => {
  const [box] = await models();
  expect(box).toMatchObject({
    name: "box",
    inBox: true,
    inUse: true,
    network: "alexnet-attention",
    threshold: 0.5,
    evaluation: null,
  });
  const folder = join(review.context.folder, "models", "brought");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.onnx"), tinyModel(5));
  await mkdir(join(review.context.folder, "models", "empty"));
  const [, brought] = await models();
  expect(brought).toMatchObject({ name: "brought", inBox: false, inUse: false });
  const choose = async (modelId: string) =>
    await review.app.inject({ method: "PUT", url: "/api/models/current", payload: { modelId } });
  expect((await choose("0".repeat(64))).json().code).toBe("MODEL_MISSING");
  expect((await choose(brought?.id ?? "")).statusCode).toBe(204);
  expect((await models()).map(({ inUse }) => inUse)).toEqual([false, true]);
  expect(review.events).toContainEqual({ kind: "models" });
  const entry = await review.context.workspace.db
    .selectFrom("audit_entry")
    .selectAll()
    .where("action", "=", "select model")
    .executeTakeFirstOrThrow();
  expect([entry.who, JSON.parse(entry.new_json ?? "").name]).toEqual(["Ana", "brought"]);
  await choose(box?.id ?? "");
});

test("a training tells its epochs, and its model is on the shelf with card and measurements but not in use; both are then compared on cells that no training saw", async () => {
  expect((await post("models/training-plan", { studyIds: [1] })).json()).toEqual({
    labelled: CELLS,
    positives: 22,
    groups: SAMPLES,
    obstacle: null,
  });
  const [box] = await models();
  const body = { name: "On our slides", studyIds: [1], epochs: 2, startFrom: box?.id };
  const { job } = (await post("models/train", body)).json();
  expect(job).toMatchObject({ kind: "train", title: "Train On our slides on Study", startedBy: "Ana" });
  await review.context.jobs.idle();
  const ended = review.context.jobs.find(job.id);
  expect(ended).toMatchObject({ state: "finished", failure: null });
  expect(ended.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
  const stages = review.events.flatMap((event) => (event.kind === "job" ? [event.job.stage] : []));
  expect(stages).toEqual(expect.arrayContaining(["Epoch 1 of 2", "Finished"]));
  const trained = (await models()).find(({ id }) => id === ended.modelId);
  expect(trained).toMatchObject({
    name: "On our slides",
    inUse: false,
    card: expect.stringContaining("by Ana"),
    trainedOn: expect.stringContaining("64 cells"),
    // Those of the weights that it started from.
    licences: ["CC0 1.0: numbers drawn for the tests"],
  });
  expect(trained?.epochs).toHaveLength(2);
  const shelfModel = await review.context.models.find(ended.modelId ?? "");
  const { seen = [], heldOut = [] } = shelfModel.training ?? {};
  // One of four samples is held out.
  expect([seen.length, heldOut.length]).toEqual([48, 16]);
  expect(trained?.evaluation?.cells).toBe(16);

  const compared = (await post("models/compare", { modelIds: [box?.id, ended.modelId], studyIds: [1] })).json().job;
  await review.context.jobs.idle();
  const { comparisonId, failure } = review.context.jobs.find(compared.id);
  expect(failure).toBeNull();
  const comparison: Comparison = (
    await review.app.inject({ method: "GET", url: `/api/comparisons/${comparisonId}` })
  ).json();
  expect([comparison.cells, comparison.models.map(({ name }) => name)]).toEqual([16, ["box", "On our slides"]]);
  const [first, second] = comparison.models.map(({ evaluation }) => evaluation.auc.value);
  expect(comparison.aucDifference.value).toBeCloseTo((second ?? 0) - (first ?? 0), 12);
  expect(second).toBeCloseTo(trained?.evaluation?.auc.value ?? 0, 2);
});

test("a training that is stopped leaves nothing behind", async () => {
  const [box] = await models();
  const { job } = (
    await post("models/train", { name: "Stopped", studyIds: [1], epochs: 200, startFrom: box?.id })
  ).json();
  while (review.context.jobs.find(job.id).epochs.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  review.context.jobs.stop(job.id);
  await review.context.jobs.idle();
  expect(review.context.jobs.find(job.id)).toMatchObject({ state: "stopped", modelId: null });
  expect((await models()).map(({ name }) => name)).not.toContain("Stopped");
  expect((await readdir(join(review.context.folder, "models"))).filter((name) => name.startsWith("."))).toEqual([]);
});

test("what cannot be trained or found is refused in words", async () => {
  const empty = await studyOf(review.context, "Empty", {});
  const [box] = await models();
  const refused = await post("models/train", { name: "Nothing", studyIds: [empty.id], epochs: 1, startFrom: box?.id });
  expect([refused.statusCode, refused.json().code]).toEqual([409, "TRAINING_OBSTACLE"]);
  for (const id of ["x", "../../current", "00000000-0000-0000-0000-000000000000"])
    expect(
      (await review.app.inject({ method: "GET", url: `/api/comparisons/${encodeURIComponent(id)}` })).json().code,
    ).toBe("COMPARISON_MISSING");
  const failed = (await post("models/compare", { modelIds: [box?.id, box?.id], studyIds: [empty.id] })).json().job;
  await review.context.jobs.idle();
  expect(review.context.jobs.find(failed.id).failure?.code).toBe("COMPARISON_TOO_FEW_CELLS");
});
