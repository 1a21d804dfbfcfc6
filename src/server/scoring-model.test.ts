import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sha256 } from "../core/files.ts";
import { modelOfScoring } from "./scoring-model.ts";

/** A shelf without models. */
const models = {
  list: async () => [],
  find: async (): Promise<never> => {
    throw new Error("not on the shelf");
  },
};

async function modelFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "micronuclei-scoring-model-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "model.onnx");
  await writeFile(path, content);
  return path;
}

test("a model that is not on the shelf is taken from where it lay when it scored", async () => {
  const modelPath = await modelFile("first");
  const source = await modelOfScoring({ models }, { modelSha256: sha256("first"), modelPath });
  expect(source).toEqual({ id: sha256("first"), path: modelPath, name: "model.onnx" });
});

test("another model in its place explains nothing: its maps would belong to other numbers", async () => {
  const modelPath = await modelFile("second");
  const found = modelOfScoring({ models }, { modelSha256: sha256("first"), modelPath });
  await expect(found).rejects.toMatchObject({ code: "MODEL_CHANGED" });
});
