import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { generateNumbers } from "../../test/engine/generated-numbers.ts";
import { generateState } from "../../test/networks/reference-networks.ts";
import { encodePng } from "../images/encode.ts";
import type { NetworkName } from "../networks/networks.ts";
import { stateDictOf } from "../networks/state-dict.ts";
import { decodeSafetensors, encodeSafetensors } from "../weights/safetensors.ts";
import { fromFloat32 } from "../weights/tensor-file.ts";
import { runCommandLine } from "./main.ts";

const SIDE = 224;
const CELLS = 3;
const probabilities: Record<string, number[]> = JSON.parse(
  await readFile(join(import.meta.dirname, "../../test/golden/networks/probabilities.json"), "utf8"),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weights-import-"));
  await mkdir(join(folder, "cells"));
  for (let cell = 0; cell < CELLS; cell++) {
    // Bytes of the generator of test/golden/networks/README.md, plane by plane.
    const planes = generateNumbers(100 + cell, 3 * SIDE * SIDE).map((u) => Math.floor((u + 1) * 128));
    const data = Uint8Array.from({ length: planes.length }, (_, index) => {
      const [pixel, channel] = [Math.floor(index / 3), index % 3];
      return planes[channel * SIDE * SIDE + pixel] as number;
    });
    const png = await encodePng({ width: SIDE, height: SIDE, channels: 3, data });
    await writeFile(join(folder, "cells", `${cell}.png`), png);
  }
});
afterAll(async () => await rm(folder, { recursive: true }));

let stdout: MockInstance<typeof process.stdout.write>;
let stderr: MockInstance<typeof process.stderr.write>;
beforeEach(() => {
  stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

const textOf = (spy: MockInstance<typeof process.stdout.write>): string =>
  spy.mock.calls.map(([part]) => part).join("");

async function checkpointOf(name: NetworkName): Promise<string> {
  const tensors = stateDictOf({ name })
    .filter(({ kind }) => kind !== "counter")
    .map(({ name: key, shape }) => fromFloat32(key, shape, generateState(key, shape)));
  const file = join(folder, `${name}.safetensors`);
  await writeFile(file, encodeSafetensors(tensors, { license: "CC0" }));
  return file;
}

describe("a model that is imported scores with PyTorch's probabilities", () => {
  test.each(Object.keys(probabilities))("%s", async (title) => {
    const [name, option] = title.split(" ") as [NetworkName, string | undefined];
    const model = join(folder, "model.onnx");
    const options = option === undefined ? [] : [`--${option}`];
    const file = await checkpointOf(name);
    expect(await runCommandLine(["weights", "import", file, "--network", name, "--out", model, ...options])).toBe(0);
    const out = join(folder, `${title}.csv`);
    const score = ["score", model, join(folder, "cells"), "--out", out, "--device", "cpu", "--threads", "1"];
    expect(await runCommandLine([...score, "--json"])).toBe(0);
    const [headings = "", ...rows] = (await readFile(out, "utf8")).trim().split("\n");
    const column = headings.split(",").indexOf("probability");
    expect(rows).toHaveLength(CELLS);
    rows.forEach((row, cell) => {
      expect(Math.abs(Number(row.split(",")[column]) - (probabilities[title]?.[cell] as number))).toBeLessThan(1e-5);
    });
  });
});

test("what is exported is what was imported, and says of which network", async () => {
  const [file, model, out] = [
    await checkpointOf("alex-light"),
    join(folder, "m.onnx"),
    join(folder, "out.safetensors"),
  ];
  expect(await runCommandLine(["weights", "import", file, "--network", "alex-light", "--out", model])).toBe(0);
  expect(textOf(stdout)).toContain("alex-light, 12 tensors");
  expect(textOf(stdout)).toContain("Licence: CC0");
  expect(await runCommandLine(["weights", "export", model, "--out", out])).toBe(0);
  const [before, after] = [decodeSafetensors(await readFile(file)), decodeSafetensors(await readFile(out))];
  expect([...after.tensors.keys()].sort()).toEqual([...before.tensors.keys()].sort());
  for (const [name, { data }] of before.tensors) expect(Buffer.compare(data, after.tensors.get(name)!.data)).toBe(0);
  expect(after.metadata).toMatchObject({ format: "pt", license: "CC0", positive_class: "mn" });
});

test("inspect says which network a file fits, and what is missing", async () => {
  const { tensors } = decodeSafetensors(await readFile(await checkpointOf("alex-light")));
  const partial = join(folder, "partial.safetensors");
  await writeFile(partial, encodeSafetensors([...tensors.values()].filter(({ name }) => name !== "fc.bias")));
  expect(await runCommandLine(["weights", "inspect", partial])).toBe(0);
  expect(textOf(stdout)).toContain("Fits alex-light in part: 11 of 12 tensors, 99.9 % of its numbers");
  expect(textOf(stdout)).toContain("fc.bias [2]: the file has none");
});

test("inspect of a model of ours names its own network alone", async () => {
  const model = join(folder, "inspected.onnx");
  const file = await checkpointOf("alex-light");
  await runCommandLine(["weights", "import", file, "--network", "alex-light", "--out", model]);
  stdout.mockClear();
  expect(await runCommandLine(["weights", "inspect", model])).toBe(0);
  expect(textOf(stdout)).toContain("ONNX, 12 tensors");
  expect(textOf(stdout)).toContain("Fits alex-light: all 12 tensors");
  expect(textOf(stdout)).not.toContain("in part");
});

test("without a network, a file that is not a published one is wrong usage", async () => {
  expect(await runCommandLine(["weights", "import", await checkpointOf("alex-light")])).toBe(2);
  expect(textOf(stderr)).toContain("WEIGHTS_NETWORK_MISSING");
});

test("the generator of the pixels is the one that made the probabilities", () => {
  // (1664525 * 100 + 1013904223) mod 2^32 = 1180356723, by hand.
  expect(generateNumbers(100, 1)[0]).toBe(1180356723 / 2 ** 31 - 1);
});
