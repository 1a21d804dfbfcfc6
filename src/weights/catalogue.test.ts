import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NETWORK_NAMES, NETWORKS } from "../networks/networks.ts";
import { stateDictOf, torchvisionKey } from "../networks/state-dict.ts";
import { type CachePlace, weightsCacheFolder } from "./cache-folder.ts";
import { fileNameOf, keptLayers, PUBLISHED_NAMES, publishedWeights } from "./catalogue.ts";

test("every published file has the first eight digits of its SHA-256 in its name", () => {
  for (const name of PUBLISHED_NAMES) {
    const weights = publishedWeights(name);
    expect(fileNameOf(weights)).toMatch(new RegExp(`-${weights.sha256.slice(0, 8)}\\.pth$`));
    expect([8, 64]).toContain(weights.sha256.length);
  }
});

test("the convolutions are kept, ImageNet's classifiers are not", () => {
  const kept = (name: string, keys: string[]): string[] => keys.filter(keptLayers(publishedWeights(name)));
  expect(kept("alexnet", ["features.0.weight", "classifier.1.weight"])).toEqual(["features.0.weight"]);
  const dense = ["classifier.1.weight", "classifier.4.bias"];
  expect(kept("alexnet_dense", ["features.0.weight", ...dense, "classifier.6.weight"])).toEqual([
    "features.0.weight",
    ...dense,
  ]);
  expect(kept("googlenet", ["conv1.bn.bias", "aux1.fc1.weight", "fc.bias"])).toEqual(["conv1.bn.bias"]);
  expect(kept("resnet18", ["layer1.0.bn1.running_mean", "fc.weight"])).toEqual(["layer1.0.bn1.running_mean"]);
});

test("the cache folder is where each operating system keeps caches", () => {
  const on = (platform: NodeJS.Platform, environment: CachePlace["environment"] = {}): string =>
    weightsCacheFolder({ platform, environment, home: "home" });
  expect(on("linux")).toBe(join("home", ".cache", "micronuclei", "weights"));
  expect(on("linux", { XDG_CACHE_HOME: "" })).toBe(join("home", ".cache", "micronuclei", "weights"));
  expect(on("linux", { XDG_CACHE_HOME: "xdg" })).toBe(join("xdg", "micronuclei", "weights"));
  expect(on("darwin")).toBe(join("home", "Library", "Caches", "micronuclei", "weights"));
  expect(on("win32", { LOCALAPPDATA: "local" })).toBe(join("local", "micronuclei", "weights"));
  expect(on("win32")).toBe(join("home", "AppData", "Local", "micronuclei", "weights"));
  expect(on("linux", { MICRONUCLEI_CACHE: "own", XDG_CACHE_HOME: "xdg" })).toBe(join("own", "weights"));
});

test("each network finds its backbone in the layers kept of torchvision's file, in the same shape", () => {
  const golden = join(import.meta.dirname, "../../test/golden/networks/torchvision.json");
  const torchvision: Record<string, Record<string, number[]>> = JSON.parse(readFileSync(golden, "utf8"));
  // What is ours: attention, the scales of MSA-Net, and the last layer of two classes.
  const own = /^(att\d|ca\d|head|fuse|scales|fc\d?)\.|^classifier\.(6|1(?=\.\w+ 2,1280$|\.bias 2$))/;
  for (const name of NETWORK_NAMES) {
    const { imagenet } = NETWORKS[name];
    if (imagenet === null) continue;
    const published = torchvision[imagenet.replace("_dense", "")] as Record<string, number[]>;
    const kept = keptLayers(publishedWeights(imagenet));
    const missing = stateDictOf({ name })
      .map((entry) => ({ key: torchvisionKey(name, entry.name), shape: entry.shape.join() }))
      .filter(({ key, shape }) => !(kept(key) && published[key]?.join() === shape))
      .map(({ key, shape }) => `${key} ${shape}`);
    expect(
      missing.filter((text) => !own.test(text)),
      name,
    ).toEqual([]);
  }
});
