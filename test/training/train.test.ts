import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { sha256, sha256OfFile } from "../../src/core/files.ts";
import { loadDataset } from "../../src/dataset/load-dataset.ts";
import { decodeModelMetadata, type ModelMetadata } from "../../src/engine/model-metadata.ts";
import { decodeOnnx } from "../../src/engine/onnx-file.ts";
import { readCheckpoint } from "../../src/training/run-folder.ts";
import { parseTrainingSettings } from "../../src/training/settings.ts";
import { readNetworkWeights } from "../../src/weights/network-weights.ts";
import { encodeSafetensors } from "../../src/weights/safetensors.ts";
import { fromFloat32, type TensorMap, toFloat32 } from "../../src/weights/tensor-file.ts";
import { drawTinyDataset, runTiny, TINY_SETTINGS } from "./tiny-run.ts";

let folder: string;
let manifest: string;
let uninterrupted: string;

beforeAll(async () => {
  ({ folder, manifest } = await drawTinyDataset());
  uninterrupted = join(folder, "uninterrupted");
  await runTiny({ manifest, runFolder: uninterrupted });
});

const BYTES = ["model.onnx", "checkpoint.safetensors", "settings.json", "evaluation.json", "validation-scores.csv"];

async function hashesOf(run: string): Promise<string[]> {
  return Promise.all(BYTES.map((name) => sha256OfFile(join(run, name))));
}

/** The tensors of a tiny run's model. */
async function modelTensors(run: string): Promise<TensorMap> {
  const { network } = parseTrainingSettings(TINY_SETTINGS, "the test");
  return (await readNetworkWeights(join(run, "model.onnx"), network)).tensors;
}

async function modelMetadata(run: string): Promise<ModelMetadata> {
  return decodeModelMetadata(decodeOnnx(await readFile(join(run, "model.onnx"))).metadata);
}

describe("a run", () => {
  test("leaves model, checkpoint, history, settings and evaluation, and no temporary file", async () => {
    expect((await readdir(uninterrupted)).sort()).toEqual([...BYTES, "history.csv"].sort());
    const lines = (await readFile(join(uninterrupted, "history.csv"), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe(
      "epoch,learning_rate,training_loss,validation_loss,validation_auc,images_per_second,seconds,kept",
    );
  });

  test("has the same bytes with the same seed, and others with another", async () => {
    const again = join(folder, "again");
    await runTiny({ manifest, runFolder: again });
    expect(await hashesOf(again)).toEqual(await hashesOf(uninterrupted));
    const other = join(folder, "other seed");
    await runTiny({ manifest, runFolder: other, settings: { seed: 2 } });
    expect((await hashesOf(other))[0]).not.toBe((await hashesOf(uninterrupted))[0]);
  });

  test.each([1, 3, 4, 7])("stopped after %i steps and resumed has the bytes of an uninterrupted one", async (steps) => {
    const runFolder = join(folder, `stopped after ${steps}`);
    const stopped = await runTiny({ manifest, runFolder, stopAfterSteps: steps });
    expect(stopped.finished).toBe(false);
    const resumed = await runTiny({ manifest, runFolder, resume: true });
    expect(resumed.finished).toBe(true);
    expect(resumed.history).toHaveLength(3);
    expect(await hashesOf(runFolder)).toEqual(await hashesOf(uninterrupted));
  });

  test("with AdamW, online augmentation and clipping resumes to the same bytes too", async () => {
    const settings = { optimiser: { kind: "adamw" }, augmentation: "online", clipNorm: 0.5, epochs: 2 };
    const [whole, broken] = [join(folder, "whole"), join(folder, "broken")];
    await runTiny({ manifest, runFolder: whole, settings });
    await runTiny({ manifest, runFolder: broken, settings, stopAfterSteps: 3 });
    await runTiny({ manifest, runFolder: broken, settings, resume: true });
    expect(await hashesOf(broken)).toEqual(await hashesOf(whole));
  });
});

describe("averaged weights", () => {
  const settings = { epochs: 1, averageEpochs: 8 };

  test("are the mean over the steps: model and checkpoint against the weights after each (four steps)", async () => {
    const runFolder = join(folder, "averaged");
    await runTiny({ manifest, runFolder, settings });
    const afterStep = [1, 2, 3].map(async (steps) => {
      const stopped = join(folder, `weights after ${steps}`);
      await runTiny({ manifest, runFolder: stopped, settings: { epochs: 1 }, stopAfterSteps: steps });
      return readCheckpoint(stopped)?.state.get("head.fc.weight") as Float32Array;
    });
    const checkpoint = readCheckpoint(runFolder)?.state;
    const weights = [...(await Promise.all(afterStep)), checkpoint?.get("head.fc.weight") as Float32Array];
    const mean = Array.from(weights[0]!, (_, at) => weights.reduce((sum, numbers) => sum + numbers[at]!, 0) / 4);
    const averaged = checkpoint?.get("average/head.fc.weight") as Float32Array;
    expect([...averaged]).toEqual(mean.map((value) => expect.closeTo(value, 6)));
    expect(toFloat32((await modelTensors(runFolder)).get("head.fc.weight")!)).toEqual(averaged);
  });

  test("resume to the same bytes", async () => {
    const [whole, broken] = [join(folder, "averaged whole"), join(folder, "averaged broken")];
    const moving = { epochs: 2, averageEpochs: 0.5 };
    await runTiny({ manifest, runFolder: whole, settings: moving });
    await runTiny({ manifest, runFolder: broken, settings: moving, stopAfterSteps: 3 });
    await runTiny({ manifest, runFolder: broken, settings: moving, resume: true });
    expect(await hashesOf(broken)).toEqual(await hashesOf(whole));
  });
});

test("where most of a network is drawn beside given convolutions, it starts with small steps, and resumes to the same bytes", async () => {
  // Norms of the gradient are around 1 here, so a step that was not clipped has other bytes; the schedule leaves the warm-up open.
  const convolutions = join(folder, "narrow");
  const narrow = (name: string) => ({ name, widthMultiplier: 0.0625 });
  await runTiny({ manifest, runFolder: convolutions, settings: { network: narrow("alex-light"), epochs: 1 } });
  const settings = {
    network: narrow("alexnet"),
    weights: join(convolutions, "model.onnx"),
    schedule: { learningRate: 0.01, everyEpochs: 2 },
    epochs: 2,
  };
  const [whole, broken, named] = ["whole", "broken", "named"].map((name) => join(folder, `mostly drawn, ${name}`));
  const messages: string[] = [];
  await runTiny({ manifest, runFolder: whole!, settings, messages });
  expect(messages.join("\n")).toContain("most of the network, so it starts with small steps");
  await runTiny({ manifest, runFolder: broken!, settings, stopAfterSteps: 2 });
  await runTiny({ manifest, runFolder: broken!, settings, resume: true });
  expect(await hashesOf(broken!)).toEqual(await hashesOf(whole!));

  // Four steps an epoch: what is chosen is a warm-up of four steps and a norm of at most 1.
  const careful = { ...settings, clipNorm: 1, schedule: { ...settings.schedule, warmUpSteps: 4, leastSteps: 0 } };
  await runTiny({ manifest, runFolder: named!, settings: careful });
  const statesOf = (run: string) =>
    Array.from(readCheckpoint(run)!.state.values(), ({ buffer, byteOffset, byteLength }) =>
      sha256(new Uint8Array(buffer, byteOffset, byteLength)),
    );
  expect(statesOf(whole!)).toEqual(statesOf(named!));
});

test("from given weights the norm of the gradient is at most 5 unless the settings say otherwise", async () => {
  // Norms are around 1 in these trainings; weights of the last layer fifty times as large make them some fifty.
  const tensors = new Map(await modelTensors(uninterrupted));
  const head = tensors.get("head.fc.weight")!;
  const steep = toFloat32(head).map((weight) => 50 * weight);
  tensors.set(head.name, fromFloat32(head.name, head.shape, steep));
  const weights = join(folder, "steep.safetensors");
  await writeFile(weights, encodeSafetensors(tensors.values()));
  const weightsAfter = async (name: string, settings: object) => {
    const runFolder = join(folder, `given, ${name}`);
    await runTiny({ manifest, runFolder, settings: { weights, epochs: 1, ...settings } });
    return sha256(await readFile(join(runFolder, "checkpoint.safetensors")));
  };
  // The checkpoints hold numbers and the place in the training, not the settings.
  const byDefault = await weightsAfter("default", {});
  expect(byDefault).toBe(await weightsAfter("at most 5", { clipNorm: 5 }));
  expect(byDefault).not.toBe(await weightsAfter("at most 6", { clipNorm: 6 }));
});

test("a model tells the licences, data and training of the weights it started from, also resumed after their file is gone", async () => {
  const weights = join(folder, "earlier", "model.onnx");
  const firstSettings = { epochs: 1, seed: 7, licences: ["MIT: the first discs"] };
  await runTiny({ manifest, runFolder: join(folder, "earlier"), settings: firstSettings });
  const earlier = await modelMetadata(join(folder, "earlier"));

  const settings = { epochs: 2, weights, licences: ["CC0: the second discs", "MIT: the first discs"] };
  const [whole, broken] = [join(folder, "later"), join(folder, "later, broken off")];
  await runTiny({ manifest, runFolder: whole, settings });
  await runTiny({ manifest, runFolder: broken, settings, stopAfterSteps: 2 });
  const hash = await sha256OfFile(weights);
  await rm(weights);
  await runTiny({ manifest, runFolder: broken, settings, resume: true });
  expect(await hashesOf(broken)).toEqual(await hashesOf(whole));

  const { licences, training } = await modelMetadata(whole);
  expect(licences).toEqual(["CC0: the second discs", "MIT: the first discs"]);
  const startedFrom = { sha256: hash, dataHash: earlier.data_hash, training: earlier.training };
  expect(training).toMatchObject({ weights: "model.onnx", startedFrom });
  expect(earlier.training).toMatchObject({ seed: 7, weights: null });
  // Without licences of its own it has those of the weights.
  const inherited = { weights: join(whole, "model.onnx"), epochs: 1 };
  await runTiny({ manifest, runFolder: join(folder, "latest"), settings: inherited });
  const latest = await modelMetadata(join(folder, "latest"));
  expect(latest.licences).toEqual(licences);
  expect(latest.training).toMatchObject({ startedFrom: { training: { startedFrom } } });
});

test("weights known by a name may lie elsewhere when the run is gone on with, but must be the same", async () => {
  const [first, second] = ["one", "another"].map((name) => join(folder, `weights ${name}`));
  for (const [index, runFolder] of [first!, second!].entries())
    await runTiny({ manifest, runFolder, settings: { epochs: 1, seed: 8 + index } });
  const runFolder = join(folder, "named weights");
  const run = { manifest, runFolder, settings: { epochs: 1, weights: "imagenet" } };
  const fileOfWeights = (cache: string) => async () => join(cache, "model.onnx");
  await runTiny({ ...run, fileOfWeights: fileOfWeights(first!), stopAfterSteps: 1 });
  const { settings, weightsHash } = JSON.parse(await readFile(join(runFolder, "settings.json"), "utf8"));
  expect(settings.weights).toBe("imagenet");
  expect(weightsHash).toBe(await sha256OfFile(join(first!, "model.onnx")));
  // As if it was killed before its first checkpoint.
  await rm(join(runFolder, "checkpoint.safetensors"));
  const changed = runTiny({ ...run, fileOfWeights: fileOfWeights(second!), resume: true });
  await expect(changed).rejects.toMatchObject({ code: "RUN_DIFFERS", message: expect.stringContaining("weightsHash") });
  const moved = join(folder, "weights moved");
  await rename(first!, moved);
  expect(await runTiny({ ...run, fileOfWeights: fileOfWeights(moved), resume: true })).toMatchObject({
    finished: true,
  });
});

test("kill -9 at any moment leaves whole files, and the resumed run has the bytes of an uninterrupted one", async () => {
  const runFolder = join(folder, "killed");
  const script = join(import.meta.dirname, "run-tiny-process.ts");
  for (const [attempt, milliseconds] of [450, 700, 950, 1200].entries()) {
    const child = spawn(
      process.execPath,
      [script, manifest, runFolder, String(existsSync(join(runFolder, "settings.json")))],
      {
        stdio: "ignore",
      },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await wait(milliseconds + 37 * attempt);
    child.kill("SIGKILL");
    await ended;
    // Throws where a checkpoint is cut off.
    if (existsSync(runFolder)) await readCheckpoint(runFolder);
  }
  const started = existsSync(join(runFolder, "settings.json"));
  execFileSync(process.execPath, [script, manifest, runFolder, String(started)], { stdio: "ignore" });
  expect(await hashesOf(runFolder)).toEqual(await hashesOf(uninterrupted));
  const left = (await readdir(runFolder)).filter((name) => !name.endsWith(".tmp")).sort();
  expect(left).toEqual([...BYTES, "history.csv"].sort());
});

describe("a training that cannot go on says why", () => {
  test("a folder with a run is not overwritten, and a run is not resumed with other settings", async () => {
    await expect(runTiny({ manifest, runFolder: uninterrupted })).rejects.toMatchObject({ code: "RUN_EXISTS" });
    const resumed = runTiny({ manifest, runFolder: uninterrupted, resume: true, settings: { batch: 8 } });
    await expect(resumed).rejects.toMatchObject({
      code: "RUN_DIFFERS",
      message: expect.stringContaining("settings.batch was 4 and is now 8"),
    });
    const missing = runTiny({ manifest, runFolder: join(folder, "nothing"), resume: true });
    await expect(missing).rejects.toMatchObject({ code: "RUN_MISSING" });
  });

  test("two at once in one folder would spoil each other's images: the second is refused, the first is not disturbed", async () => {
    const runFolder = join(folder, "at once");
    const both = await Promise.allSettled([1, 2].map(() => runTiny({ manifest, runFolder })));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const refused = both.find((outcome) => outcome.status === "rejected");
    expect(refused?.reason).toMatchObject({ code: "RUN_UNDER_WAY", message: expect.stringContaining(runFolder) });
    expect(await hashesOf(runFolder)).toEqual(await hashesOf(uninterrupted));
  });

  test("a loss that is not finite ends it and keeps what was finished", async () => {
    const runFolder = join(folder, "diverged");
    const settings = { schedule: { learningRate: 1e30, warmUpSteps: 0, leastSteps: 0 }, clipNorm: 1e30 };
    await expect(runTiny({ manifest, runFolder, settings })).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
    expect(existsSync(join(runFolder, "settings.json"))).toBe(true);
  });

  test("a split without one class is refused before anything is decoded", async () => {
    const dataset = await loadDataset(manifest);
    const cells = dataset.cells.filter(({ split, label }) => split !== "val" || label === "normal");
    const run = runTiny({ manifest, runFolder: join(folder, "one class"), dataset: { ...dataset, cells } });
    await expect(run).rejects.toMatchObject({ code: "SPLIT_EMPTY", message: expect.stringContaining('"val"') });
  });

  test("an unreadable image is named", async () => {
    const own = await drawTinyDataset(12);
    await writeFile(join(own.folder, "cell-3.png"), "no image");
    const run = runTiny({ manifest: own.manifest, runFolder: join(own.folder, "run") });
    await expect(run).rejects.toMatchObject({
      code: "TRAINING_IMAGE_UNREADABLE",
      message: expect.stringContaining("cell-3.png"),
    });
  });

  test("weights that cannot be read are named before anything is decoded", async () => {
    const own = await drawTinyDataset(12);
    await writeFile(join(own.folder, "cell-3.png"), "no image");
    const settings = { weights: own.folder };
    const runFolder = join(own.folder, "run");
    await expect(runTiny({ manifest: own.manifest, runFolder, settings })).rejects.toMatchObject({
      code: "WEIGHTS_FILE_MISSING",
      message: expect.stringContaining("it is a folder"),
    });
    expect(existsSync(runFolder)).toBe(false);
  });

  test("a manifest whose images moved is refused", async () => {
    const own = await drawTinyDataset(12);
    await rm(join(own.folder, "cell-5.png"));
    await expect(loadDataset(own.manifest)).rejects.toMatchObject({ code: "IMAGES_MOVED" });
  });

  test("a run folder that cannot be written is named, and what was there stays", async () => {
    const runFolder = join(folder, "not a folder");
    await mkdir(join(runFolder, "settings.json"), { recursive: true });
    await rm(join(runFolder, "settings.json"), { recursive: true });
    await writeFile(join(folder, "file"), "");
    const run = runTiny({ manifest, runFolder: join(folder, "file", "run") });
    await expect(run).rejects.toMatchObject({ code: "RUN_NOT_WRITTEN" });
  });
});

describe("micro-batches", () => {
  test("give the weights of the whole batch to rounding", async () => {
    const [whole, parts] = [join(folder, "whole batch"), join(folder, "micro-batches")];
    await runTiny({ manifest, runFolder: whole, settings: { epochs: 1, microBatch: 4 } });
    await runTiny({ manifest, runFolder: parts, settings: { epochs: 1, microBatch: 2 } });
    const states = await Promise.all([whole, parts].map(async (run) => (await readCheckpoint(run))?.state));
    for (const [name, numbers] of states[0] ?? []) {
      const other = states[1]?.get(name) as Float32Array;
      const scale = Math.max(...numbers.map(Math.abs), 1e-6);
      numbers.forEach((value, index) => {
        expect(Math.abs(value - (other[index] as number)) / scale, name).toBeLessThan(1e-4);
      });
    }
  });

  test("are chosen by the memory limit, and said so", async () => {
    const messages: string[] = [];
    const runFolder = join(folder, "little memory");
    await runTiny({ manifest, runFolder, settings: { epochs: 1, memoryLimitMegabytes: 0.3 }, messages });
    expect(messages.join("\n")).toMatch(
      /A batch of 4 is computed in parts of [12] images?, about \d+ MB at once \(limit 0\.3 MB\)/,
    );
  });
});

describe("a training from random weights says how many steps it lacks", () => {
  const fewSteps = /1 epochs of this data are 4 steps\. .* train for at least 450 epochs, or start with --weights/;
  const saidWith = async (schedule: object) => {
    const messages: string[] = [];
    const { manifest, folder } = await drawTinyDataset();
    const settings = { epochs: 1, schedule: { ...TINY_SETTINGS.schedule, ...schedule } };
    await runTiny({ manifest, runFolder: join(folder, "run"), settings, messages });
    return messages.join("\n");
  };

  test("where the default schedule asks for more than there are (by hand: 4 mn enlarged to 8, 8 normal, in fours; 1800 / 4)", async () => {
    expect(await saidWith({ leastSteps: undefined })).toMatch(fewSteps);
  });

  test("and nothing where the settings name a number", async () => {
    expect(await saidWith({ leastSteps: 0 })).not.toMatch(/steps\. From random/);
  });
});

test("a training that ends with one answer for every cell says so", async () => {
  const messages: string[] = [];
  const settings = { epochs: 1, schedule: { ...TINY_SETTINGS.schedule, learningRate: 1e-9 } };
  await runTiny({ manifest, runFolder: join(folder, "standing"), settings, messages });
  expect(messages.join("\n")).toContain("hardly told cells apart");
});

test("on demand the parameters of every image of an epoch are written, in the order in which they were shown", async () => {
  const runFolder = join(folder, "logged");
  await runTiny({ manifest, runFolder, settings: { epochs: 1 }, logAugmentation: true });
  const lines = (await readFile(join(runFolder, "augmentation/epoch-001.jsonl"), "utf8")).trim().split("\n");
  const images = lines.map((line) => JSON.parse(line) as { file: string; positive: boolean; augmentation: unknown });
  // 12 training cells, 4 of them positive: the 4 become 8 by augmentation, and 8 are even with the 8 negatives.
  expect(images).toHaveLength(16);
  expect(images.filter(({ positive }) => positive)).toHaveLength(8);
  const augmented = images.filter(({ augmentation }) => augmentation !== null);
  expect(augmented).toHaveLength(4);
  expect(augmented[0]?.augmentation).toHaveProperty("rotation.degrees");
});
