import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sha256 } from "../core/files.ts";
import { encodeSafetensors } from "../weights/safetensors.ts";
import { fromFloat32 } from "../weights/tensor-file.ts";
import { describeStart } from "./started-from.ts";

test("of a file of weights alone: its hash, and each line of its licence", async () => {
  const folder = await mkdtemp(join(tmpdir(), "started-from-"));
  const tensor = fromFloat32("features.0.weight", [2], Float32Array.of(1, 2));
  const described = async (metadata: Record<string, string>) => {
    const path = join(folder, "weights.safetensors");
    const bytes = encodeSafetensors([tensor], metadata);
    await writeFile(path, bytes);
    const start = await describeStart(path);
    expect(start.sha256).toBe(sha256(bytes));
    return start;
  };
  expect((await described({ license: "MIT: one\nBSD: two" })).licences).toEqual(["MIT: one", "BSD: two"]);
  expect(Object.keys(await described({}))).toEqual(["sha256", "licences"]);
  await rm(folder, { recursive: true });
});
