import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { createProgram, runCommandLine } from "./main.ts";
import { registerWeightsFetch } from "./weights-fetch.ts";
import { registerWeightsInspect } from "./weights-inspect.ts";

const golden = resolve(import.meta.dirname, "../../test/golden/pth");
let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;

beforeEach(() => {
  stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

const textOf = (spy: MockInstance<typeof process.stdout.write>): string =>
  spy.mock.calls.map(([part]) => part).join("");

/** Runs a command line of the real program in which these two commands stand under `under-test`. */
function run(...args: string[]): Promise<number> {
  const program = createProgram();
  const weights = program.command("under-test");
  registerWeightsFetch(weights);
  registerWeightsInspect(weights);
  return runCommandLine(["under-test", ...args], program);
}

test("inspect lists tensors, their sizes and what stands beside them", async () => {
  expect(await run("inspect", join(golden, "tiny_checkpoint_dict_zip.pth"))).toBe(0);
  const text = textOf(stdout);
  expect(text).toMatch(/features\.0\.weight +float32 +4 x 3 x 11 x 11 +5808/);
  expect(text).toContain("PyTorch (zip), 16 tensors");
  expect(text).toContain("epoch: 3");
  expect(text).toContain("Licence: not stated");
});

test("inspect --json is one document", async () => {
  const file = join(golden, "bn_legacy.pth");
  expect(await run("inspect", file, "--json")).toBe(0);
  // A 3 x 3 convolution of 3 to 4 channels with bias, four vectors of batch normalisation, and its counter.
  expect(JSON.parse(textOf(stdout))).toMatchObject({
    format: "PyTorch (legacy)",
    sha256: "2b0f5b9324628f5caee6be75650c9ed5c0ed0e287f22f48bdb31b80dd2c8490a",
    published: null,
    license: null,
    parameters: 108 + 4 + 4 * 4 + 1,
    tensors: expect.arrayContaining([{ name: "1.num_batches_tracked", type: "int64", shape: [], bytes: 8 }]),
  });
});

test("inspect of another kind of file fails with its code", async () => {
  expect(await run("inspect", join(golden, "README.md"))).toBe(1);
  expect(textOf(stderr)).toContain("WEIGHTS_FORMAT_UNKNOWN");
});

test("fetch of an unknown name is wrong usage and names those that there are", async () => {
  expect(await run("fetch", "alexnets")).toBe(2);
  expect(textOf(stderr)).toContain(
    "alexnet, alexnet_dense, vgg16, vgg16_dense, googlenet, resnet18, resnet50, mobilenet_v2",
  );
});

test("fetch from a server without the file says exactly what to do", async () => {
  const cache = await mkdtemp(join(tmpdir(), "weights-"));
  const server = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The environment's proxy, if there is one, does not know this server.
  vi.stubEnv("NO_PROXY", "127.0.0.1").stubEnv("no_proxy", "127.0.0.1");
  try {
    expect(await run("fetch", "alexnet", "--mirror", mirror, "--cache", cache)).toBe(1);
  } finally {
    vi.unstubAllEnvs();
    server.close();
    await rm(cache, { recursive: true });
  }
  const text = textOf(stderr);
  for (const part of [
    "WEIGHTS_UNAVAILABLE",
    "404 Not Found",
    "alexnet-owt-7be5be79.pth (244 MB)",
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    cache,
    "mn weights import alexnet-owt-7be5be79.pth",
  ]) {
    expect(text).toContain(part);
  }
});
