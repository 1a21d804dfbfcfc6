import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateState } from "../../test/networks/reference-networks.ts";
import { sha256 } from "../core/files.ts";
import { decodeModelMetadata } from "../engine/model-metadata.ts";
import { NETWORKS, type NetworkName, type NetworkSettings } from "../networks/networks.ts";
import { stateDictOf, torchvisionKey } from "../networks/state-dict.ts";
import { exportModel } from "./export-model.ts";
import { importModel } from "./import-model.ts";
import { readWeightsFile } from "./read.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { fromFloat32, type NamedTensor } from "./tensor-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "import-model-"));
});
afterAll(async () => await rm(folder, { recursive: true }));

/** A checkpoint as a PyTorch user has it: generated numbers, and counts of batches that differ from layer to layer. */
function checkpointOf(settings: NetworkSettings, rename = (name: string) => name): NamedTensor[] {
  return stateDictOf(settings).map(({ name, shape, kind }, index) =>
    kind === "counter"
      ? { name: rename(name), shape, type: "int64", data: new Uint8Array(BigInt64Array.of(BigInt(index)).buffer) }
      : fromFloat32(rename(name), shape, generateState(name, shape)),
  );
}

async function importFrom(
  tensors: readonly NamedTensor[],
  network: NetworkSettings,
  classes: [string, string] = ["normal", "mn"],
) {
  const file = join(folder, "checkpoint.safetensors");
  await writeFile(file, encodeSafetensors(tensors));
  const imported = await importModel({ file, network, classes, positiveClass: "mn", version: "0.0.0-test" });
  const path = join(folder, "model.onnx");
  await writeFile(path, imported.model);
  return { ...imported, path };
}

/** Type, shape and hash of the bytes of all tensors by name. */
function contentOf(tensors: Iterable<NamedTensor>): Record<string, string> {
  return Object.fromEntries(
    [...tensors].map(({ name, shape, type, data }) => [name, `${type} ${shape.join("x")} ${sha256(data)}`]),
  );
}

describe("a checkpoint that is imported and exported again has the same bytes", () => {
  test.each<[string, NetworkSettings, [string, string]]>([
    ["mobilenet-v2", { name: "mobilenet-v2" }, ["normal", "mn"]],
    ["mobilenet-v2 with the positive class first", { name: "mobilenet-v2" }, ["mn", "normal"]],
    ["alex-ca", { name: "alex-ca" }, ["normal", "mn"]],
    ["alexnet-attention, 3 x 3", { name: "alexnet-attention", attention: { kernel: 3 } }, ["mn", "normal"]],
  ])("%s", async (_, network, classes) => {
    const checkpoint = checkpointOf(network);
    const { path } = await importFrom(checkpoint, network, classes);
    const { file, tensors } = await exportModel(path, "torchvision");
    expect(contentOf(tensors)).toEqual(contentOf(checkpoint));
    expect(tensors.map(({ name }) => name)).toEqual(checkpoint.map(({ name }) => name));
    const written = decodeSafetensors(file);
    expect(contentOf(written.tensors.values())).toEqual(contentOf(checkpoint));
    expect(JSON.parse(written.metadata.classes as string)).toEqual(classes);
  });

  test("and an export is imported to the same model, its settings included", async () => {
    const network: NetworkSettings = { name: "alexnet-attention", attention: { kernel: 3 } };
    const { path, model } = await importFrom(checkpointOf(network), network);
    const exported = join(folder, "exported.safetensors");
    await writeFile(exported, (await exportModel(path, "own")).file);
    const again = await importModel({
      file: exported,
      network: { name: "alexnet-attention" },
      classes: ["normal", "mn"],
      positiveClass: "mn",
      version: "0.0.0-test",
    });
    expect(again.metadata.network).toEqual(network);
    expect(again.model.length - model.length).toBeLessThan(1000);
  });
});

test.each<NetworkName>(["googlenet-attention", "resnet-attention"])(
  "%s is read by torchvision's names and by its own, and written by either",
  async (name) => {
    const network = { name, widthMultiplier: 0.25 };
    const rename = (own: string) => torchvisionKey(name, own);
    const [own, torchvision] = [checkpointOf(network), checkpointOf(network, rename)];
    expect(torchvision.map((tensor) => tensor.name)).not.toEqual(own.map((tensor) => tensor.name));
    const fromTorchvision = await importFrom(torchvision, network);
    expect(contentOf((await exportModel(fromTorchvision.path, "own")).tensors)).toEqual(contentOf(own));
    const fromOwn = await importFrom(own, network);
    expect(contentOf((await exportModel(fromOwn.path, "torchvision")).tensors)).toEqual(contentOf(torchvision));
  },
);

test("no two layers of a network have the same name in torchvision", () => {
  for (const name of Object.keys(NETWORKS) as NetworkName[]) {
    const keys = stateDictOf({ name }).map((entry) => torchvisionKey(name, entry.name));
    expect(new Set(keys).size, name).toBe(keys.length);
  }
});

test("outputs are negative, positive: where the file has the positive class first, its last layer is exchanged", async () => {
  const network = { name: "alex-light" } as const;
  const { model, metadata, path } = await importFrom(checkpointOf(network), network, ["mn", "normal"]);
  expect(metadata).toMatchObject({ classes: ["normal", "mn"], positive_class: "mn" });
  const { tensors, metadata: properties } = await readWeightsFile(path);
  expect(decodeModelMetadata(properties)).toEqual(metadata);
  expect(model.length).toBe((await readFile(path)).length);
  const [first, second] = generateState("fc.bias", [2]);
  const stored = tensors.get("fc.bias") as NamedTensor;
  expect([...new Float32Array(Uint8Array.from(stored.data).buffer)]).toEqual([second, first]);
});

test("layers of several graphics cards are found behind their beginning `module.`", async () => {
  const network = { name: "alex-light" } as const;
  const { weights } = await importFrom(
    checkpointOf(network, (name) => `module.${name}`),
    network,
  );
  expect(weights.fit.unused).toEqual([]);
  expect([...weights.tensors.keys()]).toContain("features.0.weight");
});

describe("refused is", () => {
  const alexLight = checkpointOf({ name: "alex-light" });

  test("a file that lacks layers, which are named", async () => {
    const partial = alexLight.filter(({ name }) => !name.startsWith("fc."));
    await expect(importFrom(partial, { name: "alex-light" })).rejects.toMatchObject({
      code: "WEIGHTS_INCOMPLETE",
      message: expect.stringContaining("It lacks fc.weight [2, 256], fc.bias [2]."),
    });
  });

  test("a classifier of another task, with both shapes", async () => {
    const thousand = fromFloat32("fc.weight", [1000, 256], new Float32Array(256_000));
    const other = [...alexLight.filter(({ name }) => name !== "fc.weight"), thousand];
    await expect(importFrom(other, { name: "alex-light" })).rejects.toMatchObject({
      code: "WEIGHTS_INCOMPLETE",
      message: expect.stringContaining("fc.weight is [1000, 256] and should be [2, 256]."),
    });
  });

  test("a file of another network, with the one that it fits", async () => {
    await expect(importFrom(alexLight, { name: "resnet" })).rejects.toMatchObject({
      code: "WEIGHTS_INCOMPLETE",
    });
    const features = alexLight.filter(({ name }) => name.startsWith("features."));
    await expect(importFrom(features, { name: "resnet" })).rejects.toMatchObject({
      code: "WEIGHTS_DO_NOT_FIT",
      message: expect.stringContaining('It would fit the network "alex-light"'),
    });
  });

  test.each([
    [["mn", "mn"], "mn"],
    [["a", "b"], "mn"],
  ] as const)("classes %j with the positive one %s", async (classes, positiveClass) => {
    const request = { file: "none", network: { name: "alex-light" }, version: "0" } as const;
    const wrong = { ...request, classes: [...classes] as [string, string], positiveClass };
    await expect(importModel(wrong)).rejects.toMatchObject({ code: "WEIGHTS_CLASSES" });
  });
});
