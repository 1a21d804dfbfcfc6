import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { encodeSafetensors } from "../weights/safetensors.ts";
import { fromFloat32 } from "../weights/tensor-file.ts";
import {
  keepCandidate,
  openCheckpoint,
  RUN_FILES,
  readCheckpoint,
  START_POSITION,
  writeCheckpoint,
} from "./run-folder.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "micronuclei-run-"));
  return () => rm(folder, { recursive: true });
});

const position = { ...START_POSITION, epoch: 3, steps: 12, best: { epoch: 2, auc: 0.75 } };
/** Parts of one memory, as buffers of a training may be; one of them is longer than a write. */
const memory = Float32Array.from({ length: 300_000 }, (_, index) => Math.sin(index));
const state = new Map([
  ["layer.weight", memory.subarray(5, 200_000)],
  ["momentum/layer.weight", memory.subarray(200_000)],
  ["layer.bias", memory.subarray(0, 5)],
]);

test("a checkpoint that is written tensor by tensor has the bytes of one that was put together first", async () => {
  await writeCheckpoint(folder, { position, state });
  const tensors = [...state].map(([name, numbers]) => fromFloat32(name, [numbers.length], numbers));
  const whole = encodeSafetensors(tensors, { position: JSON.stringify(position) });
  expect((await readFile(join(folder, RUN_FILES.checkpoint))).equals(whole)).toBe(true);
});

test("a checkpoint comes back tensor by tensor or as a whole", async () => {
  expect(readCheckpoint(folder)).toBe(null);
  await writeCheckpoint(folder, { position, state });
  const read = readCheckpoint(folder)!;
  expect(read.position).toEqual(position);
  expect([...read.state.keys()].sort()).toEqual([...state.keys()].sort());
  for (const [name, numbers] of state) {
    const bytes = [numbers, read.state.get(name)!].map((own) =>
      Buffer.from(own.buffer, own.byteOffset, own.byteLength),
    );
    expect(bytes[0]?.equals(bytes[1]!), name).toBe(true);
  }
  const first = openCheckpoint(folder, ({ tensors }) => tensors().next().value);
  expect(first).toEqual(["layer.bias", state.get("layer.bias")]);
});

test("a checkpoint that is cut off, or without its position, says to start anew", async () => {
  const path = join(folder, RUN_FILES.checkpoint);
  await writeCheckpoint(folder, { position, state });
  await truncate(path, 1000);
  expect(() => readCheckpoint(folder)).toThrow(expect.objectContaining({ code: "RUN_CHECKPOINT_UNREADABLE" }));
  await writeFile(path, encodeSafetensors([]));
  expect(() => readCheckpoint(folder)).toThrow(/Start the run anew/);
});

test("the model that was validated replaces the kept one, and where it cannot the error says so", async () => {
  await expect(keepCandidate(folder)).rejects.toMatchObject({ code: "RUN_NOT_WRITTEN" });
  await writeFile(join(folder, RUN_FILES.model), "old");
  await writeFile(join(folder, RUN_FILES.candidate), "new");
  await keepCandidate(folder);
  expect(await readFile(join(folder, RUN_FILES.model), "utf8")).toBe("new");
});
