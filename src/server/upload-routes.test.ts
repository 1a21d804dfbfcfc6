import { existsSync } from "node:fs";
import { appendFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { tinyCell, tinyModel } from "../../test/scoring/tiny-model.ts";
import { studyOf, type TinyReview, tinyReview } from "../../test/server/tiny-review.ts";
import { encodePng } from "../images/encode.ts";
import { findScoring } from "../workspace/scorings.ts";
import { studyOfNumber } from "../workspace/study.ts";
import { jobRoutes } from "./job-routes.ts";
import { keepOrder, keptOrders } from "./score-order.ts";
import { uploadRoutes } from "./upload-routes.ts";

let review: TinyReview;
afterEach(async () => await review.close());

const picture = async (index: number) => Buffer.from(await encodePng(tinyCell(index)));
const post = async (url: string, payload?: object) =>
  await review.app.inject({ method: "POST", url: `/api/studies/1/${url}`, ...(payload && { payload }) });

/** A study with an upload under way. */
async function begin(limits?: Parameters<typeof tinyReview>[1]): Promise<string> {
  review = await tinyReview([uploadRoutes, jobRoutes], limits);
  await studyOf(review.context, "Study", {});
  return (await post("uploads")).json().id;
}

async function put(upload: string, name: string, payload: Buffer, study = 1) {
  const url = `/api/studies/${study}/uploads/${upload}/files?name=${encodeURIComponent(name)}`;
  return await review.app.inject({
    method: "PUT",
    url,
    payload,
    headers: { "content-type": "application/octet-stream" },
  });
}

async function predictions() {
  const { db } = review.context.workspace;
  return await db
    .selectFrom("prediction")
    .innerJoin("cell", "cell.id", "cell_id")
    .select(["file", "outcome", "scoring_id"])
    .orderBy("cell.id")
    .execute();
}

test("uploaded images become cells of the sample and are scored; one that cannot be read is listed", async () => {
  const upload = await begin();
  for (const index of [0, 1, 2]) await put(upload, `slide/cell-${index}.png`, await picture(index));
  expect((await put(upload, "slide/broken.png", Buffer.from("no image"))).json()).toMatchObject({
    files: 4,
    studyId: 1,
  });
  const { job } = (await post(`uploads/${upload}/finish`, { sample: "Donor 1" })).json();
  expect(job).toMatchObject({ kind: "score", title: "Score Study with box", studyId: 1, startedBy: "Ana" });
  await review.context.jobs.idle();
  expect(review.context.jobs.find(job.id)).toMatchObject({ state: "finished", failure: null, unreadable: 1 });
  const rows = await predictions();
  expect(rows.map(({ file }) => file)).toEqual(
    [0, 1, 2].map((index) => `slide/cell-${index}.png`).toSpliced(0, 0, "slide/broken.png"),
  );
  expect(rows[0]?.outcome).toBe("unreadable");
  expect((await studyOfNumber(review.context.workspace.db, 1)).scoringId).toBe(rows[0]?.scoring_id);
  expect(await keptOrders(review.context.folder)).toEqual([]);
});

test("the same file sent twice, also twice at once, is one; another picture under its name is refused", async () => {
  const upload = await begin();
  const [first] = await Promise.all([put(upload, "a.png", await picture(0)), put(upload, "a.png", await picture(0))]);
  expect(first?.json().files).toBe(1);
  expect((await put(upload, "a.png", await picture(0))).json()).toMatchObject({
    files: 1,
    bytes: (await picture(0)).length,
  });
  expect((await put(upload, "a.png", await picture(1))).json().code).toBe("UPLOAD_CONFLICT");
});

test("files lie in the upload's own folder whatever their names say, and nothing is left of refused ones", async () => {
  const upload = await begin();
  const folder = join(review.context.folder, "uploads", upload);
  for (const name of ["../../evil.png", "a/../../evil.png", "..\\evil.png"])
    expect((await put(upload, name, await picture(0))).json().code).toBe("UPLOAD_NAME");
  expect((await put(upload, "notes.txt", Buffer.from("x"))).json().code).toBe("UPLOAD_NOT_IMAGE");
  for (const name of ["/etc/a.png", "C:\\b.png", ".c.png", "con.png", "d\u0000?.png"])
    expect((await put(upload, name, await picture(0))).statusCode).toBe(200);
  const names = (await readdir(join(folder, "images"), { recursive: true }))
    .filter((name) => name.endsWith(".png"))
    .sort();
  expect(names).toEqual(["C_/b.png", "_c.png", "_con.png", "d__.png", "etc/a.png"]);
  expect(await readdir(join(folder, "arriving"))).toEqual([]);
  expect(existsSync(join(review.context.folder, "evil.png"))).toBe(false);
});

test("bytes, files and pixels are bounded, and what is refused leaves no trace", async () => {
  const size = (await picture(0)).length;
  const upload = await begin({
    limits: { fileBytes: 2000, uploadBytes: size + 1500, uploadFiles: 2, imagePixels: 67 * 67 },
  });
  const wide = Buffer.from(await encodePng({ width: 68, height: 67, channels: 1, data: new Uint8Array(68 * 67) }));
  expect((await put(upload, "wide.png", wide)).json().code).toBe("IMAGE_TOO_LARGE");
  expect((await put(upload, "long.png", Buffer.alloc(2001))).json().code).toBe("UPLOAD_TOO_LARGE");
  expect((await put(upload, "a.png", await picture(0))).json()).toMatchObject({ files: 1, bytes: size });
  expect((await put(upload, "more.png", Buffer.alloc(1501))).json().code).toBe("UPLOAD_TOO_LARGE");
  expect((await put(upload, "b.png", Buffer.alloc(1))).json().files).toBe(2);
  expect((await put(upload, "c.png", Buffer.alloc(1))).json().code).toBe("UPLOAD_TOO_LARGE");
});

test("an upload goes on after the server was restarted, and belongs to its study alone", async () => {
  const upload = await begin();
  await put(upload, "a.png", await picture(0));
  const list = join(review.context.folder, "uploads", upload, "files.jsonl");
  const { folder } = review.context;
  await review.app.close();
  // A crash in the middle of a line.
  await appendFile(list, '{"name":"half');
  const again = await tinyReview([uploadRoutes], { folder });
  const before = review;
  review = { ...again, close: async () => {} };
  expect((await put(upload, "a.png", await picture(0))).json().files).toBe(1);
  expect((await put(upload, "a.png", await picture(0), 2)).json().code).toBe("UPLOAD_MISSING");
  expect((await put("..%2F..%2Fx", "a.png", await picture(0))).json().code).toBe("UPLOAD_MISSING");
  await again.close();
  review = before;
});

test("a scoring that the server did not finish is taken up when it starts; one that was done is not", async () => {
  const upload = await begin();
  await put(upload, "a.png", await picture(0));
  const { folder, context } = { folder: review.context.folder, context: review.context };
  const order = {
    studyId: 1,
    by: "Ana",
    target: { modelId: (await context.models.current()).id },
    upload: { id: upload, sample: "A", slide: "1" },
  };
  await keepOrder(folder, order, context.now());
  const again = await tinyReview([jobRoutes], { folder });
  await again.app.ready();
  await again.context.jobs.idle();
  expect(again.context.jobs.list()).toMatchObject([{ kind: "score", state: "finished", startedBy: "Ana" }]);
  expect((await predictions()).map(({ file }) => file)).toEqual(["a.png"]);
  await again.close();
  expect(await keptOrders(folder)).toEqual([]);
});

test("another model's scoring becomes the study's when it is finished, with a reason in the audit trail", async () => {
  const upload = await begin();
  await put(upload, "a.png", await picture(0));
  await post(`uploads/${upload}/finish`, { sample: "A" });
  await review.context.jobs.idle();
  const { models, workspace } = review.context;
  const run = models.newRunFolder("1");
  await mkdir(run, { recursive: true });
  await writeFile(join(run, "model.onnx"), tinyModel(2));
  const { id: modelId } = await models.install(run, "Second");
  expect((await post("score", { modelId: "nothing" })).json().code).toBe("MODEL_MISSING");
  expect((await post("score")).json().job).toMatchObject({ title: "Score Study with box" });
  await post("score", { modelId });
  await review.context.jobs.idle();
  const { scoringId } = await studyOfNumber(workspace.db, 1);
  expect(await findScoring(workspace.db, scoringId ?? 0)).toMatchObject({ modelSha256: modelId });
  const entry = await workspace.db
    .selectFrom("audit_entry")
    .selectAll()
    .where("action", "=", "select scoring")
    .orderBy("seq", "desc")
    .executeTakeFirstOrThrow();
  expect([entry.who, entry.reason]).toEqual(["Ana", "scored with Second"]);
  expect((await models.current()).inBox).toBe(true);
});
