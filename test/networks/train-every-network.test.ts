import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { sha256OfFile } from "../../src/core/files.ts";
import { decodeModelMetadata } from "../../src/engine/model-metadata.ts";
import { decodeOnnx, storedFloats } from "../../src/engine/onnx-file.ts";
import { NETWORK_NAMES } from "../../src/networks/networks.ts";
import { stateDictOf } from "../../src/networks/state-dict.ts";
import { drawTinyDataset, runTiny } from "../training/tiny-run.ts";

let folder: string;
let manifest: string;
beforeAll(async () => {
  ({ folder, manifest } = await drawTinyDataset(16));
});

const narrow = (name: string) => ({ name, widthMultiplier: 1 / 16 });

test.each(NETWORK_NAMES)("%s trains for two epochs on drawn cells", async (name) => {
  const runFolder = join(folder, name);
  const { finished, history, evaluation } = await runTiny({
    manifest,
    runFolder,
    settings: { network: narrow(name), epochs: 2 },
  });
  expect(finished).toBe(true);
  expect(history).toHaveLength(2);
  for (const { trainingLoss, validationLoss } of history) {
    expect(trainingLoss).toBeGreaterThan(0);
    expect(Number.isFinite(validationLoss)).toBe(true);
  }
  expect(evaluation?.validation.cells).toBe(8);
  const model = decodeOnnx(await readFile(join(runFolder, "model.onnx")));
  const { network } = decodeModelMetadata(model.metadata);
  expect(network).toEqual(narrow(name));
  // Everything that PyTorch would store is in the model, and training has moved it from where it began.
  const stored = storedFloats(model);
  for (const { name: key, kind, initialisation } of stateDictOf(narrow(name) as { name: typeof name })) {
    if (kind === "counter") continue;
    expect([...stored.keys()]).toContain(key);
    if (kind !== "buffer" || initialisation.kind !== "constant") continue;
    expect(
      stored.get(key)?.some((number) => number !== initialisation.number),
      key,
    ).toBe(true);
  }
});

test("with dropout and batch statistics too, a stopped and resumed run has the bytes of an uninterrupted one", async () => {
  const settings = { network: narrow("googlenet"), epochs: 2 };
  const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
  await runTiny({ manifest, runFolder: whole, settings });
  expect((await runTiny({ manifest, runFolder: broken, settings, stopAfterSteps: 3 })).finished).toBe(false);
  await runTiny({ manifest, runFolder: broken, settings, resume: true });
  for (const file of ["model.onnx", "checkpoint.safetensors"]) {
    expect(await sha256OfFile(join(broken, file))).toBe(await sha256OfFile(join(whole, file)));
  }
});
