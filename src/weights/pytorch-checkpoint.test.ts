import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readWeightsFile } from "./read.ts";
import { type NamedTensor, toFloat32 } from "./tensor-file.ts";

const golden = resolve(import.meta.dirname, "../../test/golden/pth");
const expectedFiles = z
  .record(
    z.string(),
    z.object({
      format: z.enum(["zip", "legacy"]),
      folder: z.string(),
      other: z.record(z.string(), z.unknown()),
      tensors: z.record(z.string(), z.tuple([z.string(), z.array(z.number())])),
    }),
  )
  .parse(JSON.parse(readFileSync(join(golden, "expected.json"), "utf8")));

/** The numbers of a .npy file as bytes, without its header: what NumPy wrote from the same tensor. */
function npyBytes(folder: string, name: string): Buffer {
  const bytes = readFileSync(join(golden, folder, `${name}.npy`));
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

/** The bytes to compare with NumPy's, which has no bfloat16: that one was widened. */
function comparableBytes(tensor: NamedTensor): Buffer {
  return tensor.type === "bfloat16" ? Buffer.from(toFloat32(tensor).buffer) : Buffer.from(tensor.data);
}

describe.each(Object.entries(expectedFiles))("%s", (file, { format, folder, other, tensors: expected }) => {
  const read = readWeightsFile(join(golden, file));

  test("is recognised by its content", async () => {
    expect((await read).format).toBe(`PyTorch (${format})`);
  });

  test("holds PyTorch's tensors to the byte", async () => {
    const { tensors } = await read;
    const found = [...tensors.values()].map(({ name, type, shape }) => [name, [type, shape]]);
    expect(Object.fromEntries(found)).toEqual(expected);
    for (const tensor of tensors.values()) {
      expect(comparableBytes(tensor).toString("hex"), tensor.name).toBe(npyBytes(folder, tensor.name).toString("hex"));
    }
  });

  test("keeps what stands beside the tensors as text", async () => {
    const asText = (value: unknown): string =>
      Array.isArray(value) ? `[${value.map(String).join(", ")}]` : String(value);
    const texts = Object.entries(other).map(([key, value]) => [key, asText(value)]);
    expect((await read).metadata).toEqual(Object.fromEntries(texts));
  });
});

test("the bytes of a tensor that is not wanted are not read", async () => {
  const { tensors } = await readWeightsFile(join(golden, "tiny_alexnet_zip.pth"), {
    keep: (name) => name === "features.3.bias",
  });
  expect([...tensors.keys()]).toEqual(["features.3.bias"]);
});

test("a missing file is named with the reason", async () => {
  await expect(readWeightsFile(join(golden, "nowhere.pth"))).rejects.toMatchObject({
    code: "WEIGHTS_FILE_MISSING",
    message: expect.stringMatching(/nowhere\.pth.*ENOENT/),
  });
  await expect(readWeightsFile(golden)).rejects.toMatchObject({ code: "WEIGHTS_FILE_MISSING" });
});

test("a file of another kind is refused with its first bytes and its path", async () => {
  await expect(readWeightsFile(join(golden, "README.md"))).rejects.toMatchObject({
    code: "WEIGHTS_FORMAT_UNKNOWN",
    message: expect.stringMatching(/2320507954.*README\.md/),
  });
});
