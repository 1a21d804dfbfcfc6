import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TINY_METADATA, tinyModel } from "../../test/scoring/tiny-model.ts";
import { Computation } from "../engine/computation.ts";
import { encodeOnnx } from "../engine/onnx-file.ts";
import { readModel } from "./model.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mn-model-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function stored(bytes: Uint8Array): Promise<string> {
  const path = join(folder, "model.onnx");
  await writeFile(path, bytes);
  return path;
}

test("a model's metadata are read back as they were written, with the file's hash", async () => {
  const model = await readModel(await stored(tinyModel(1)));
  expect(model.metadata).toEqual(TINY_METADATA);
  expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
});

test("a missing file, a file that is no ONNX, and another program's ONNX are told apart", async () => {
  await expect(readModel(join(folder, "absent.onnx"))).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  await expect(readModel(await stored(new Uint8Array(64).fill(255)))).rejects.toMatchObject({
    code: "MODEL_UNREADABLE",
  });
  const other = new Computation({ kind: "training", blockSize: 0 });
  other.graph.output(other.input("x", [1]), "y");
  await expect(readModel(await stored(encodeOnnx(other.graph)))).rejects.toMatchObject({ code: "MODEL_METADATA" });
});
