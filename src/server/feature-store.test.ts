import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cosine, FeatureStore } from "./feature-store.ts";

test("features are kept at length 1, also after a restart and a record that was cut short", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mn-features-"));
  const store = await FeatureStore.open(folder, "model", 2);
  await store.add([
    [7, Float32Array.of(3, 4)],
    [8, Float32Array.of(0, 0)],
  ]);
  const [file = ""] = await readdir(join(folder, "features"));
  await appendFile(join(folder, "features", file), Buffer.alloc(5));
  const again = await FeatureStore.open(folder, "model", 2);
  await again.add([[9, Float32Array.of(-4, 3)]]);
  const last = await FeatureStore.open(folder, "model", 2);
  const [seven, eight, nine] = [7, 8, 9].map((id) => last.get(id) as Float32Array);
  expect([...(seven ?? [])]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
  expect([...(eight ?? [])]).toEqual([0, 0]);
  // (3, 4) and (-4, 3) stand at a right angle.
  expect(cosine(seven as Float32Array, nine as Float32Array)).toBeCloseTo(0, 6);
  expect(cosine(seven as Float32Array, seven as Float32Array)).toBeCloseTo(1, 6);
  expect(last.get(10)).toBeUndefined();
  await rm(folder, { recursive: true });
});
