import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withoutInternet } from "../../test/core/without-internet.ts";
import { drawTinyDataset } from "../../test/training/tiny-run.ts";
import { parseTrainingSettings } from "../training/settings.ts";
import { publishedWeights } from "../weights/catalogue.ts";
import { encodeSafetensors } from "../weights/safetensors.ts";
import { fromFloat32 } from "../weights/tensor-file.ts";
import type { Console } from "./console.ts";
import { runCommandLine } from "./main.ts";
import { imageNetWeights } from "./weights-imagenet.ts";

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "imagenet-"));
  vi.stubEnv("MICRONUCLEI_CACHE", cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(cache, { recursive: true });
});

const silent: Console = {
  ...{ json: false, quiet: true },
  ...{ print: () => {}, message: () => {}, result: () => {}, progress: () => {}, endProgress: () => {} },
};
const settingsOf = (name: string, weights: string | null = "imagenet") =>
  parseTrainingSettings({ network: { name }, weights }, "the test");
const fileOf = (name: string, weights?: string | null) => imageNetWeights(silent)(settingsOf(name, weights));

/** Puts a file into the cache as `mn weights fetch` leaves it, with one made-up layer. */
async function fillCache(name: string): Promise<string> {
  const tensor = fromFloat32("features.0.weight", [2], Float32Array.of(1, 2));
  const path = join(cache, "weights", `${name}-imagenet.safetensors`);
  const content = createHash("sha256").update(tensor.name).update(tensor.data).digest("hex");
  const metadata = { sha256: publishedWeights(name).sha256, content_sha256: content, license: "of the weights" };
  await mkdir(join(cache, "weights"), { recursive: true });
  await writeFile(path, encodeSafetensors([tensor], metadata));
  return path;
}

test("the file in the cache is taken", async () => {
  const path = await fillCache("alexnet");
  expect(await fileOf("alexnet-attention")).toBe(path);
});

test("each network gets its own: with dense layers where it has them, the right depth", async () => {
  for (const [network, weights] of [
    ["alexnet", "alexnet_dense"],
    ["resnet-attention-50", "resnet50"],
    ["vgg-attention", "vgg16"],
  ] as const) {
    const path = await fillCache(weights);
    expect(await fileOf(network)).toBe(path);
  }
});

test("other weights, and none, are left as they are", async () => {
  for (const weights of ["own.safetensors", null]) expect(await fileOf("resnet", weights)).toBe(weights);
});

test("without internet, mn train says what to do and does not start from random weights", async () => {
  withoutInternet();
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const { folder, manifest } = await drawTinyDataset();
  const run = ["train", manifest, "--weights", "imagenet", "--device", "cpu", "--out", join(cache, "run")];
  expect(await runCommandLine(run)).toBe(1);
  await rm(folder, { recursive: true });
  const text = stderr.mock.calls.map(([part]) => part).join("");
  for (const part of [
    "WEIGHTS_UNAVAILABLE",
    "alexnet-owt-7be5be79.pth (244 MB)",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    "mn weights import alexnet-owt-7be5be79.pth",
  ]) {
    expect(text).toContain(part);
  }
}, 20_000);
