import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { sha256, sha256OfFile, writeFileAtomically } from "./files.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-files-"));
  return () => rmSync(folder, { recursive: true });
});

test("the content arrives whole, folders are made, and nothing else is left", async () => {
  const path = join(folder, "run/of/today/history.csv");
  await writeFileAtomically(path, "epoch,loss\n1,0.5\n");
  expect(readFileSync(path, "utf8")).toBe("epoch,loss\n1,0.5\n");
  expect(readdirSync(join(folder, "run/of/today"))).toEqual(["history.csv"]);
});

test("bytes are written as they are, over a longer older file", async () => {
  const path = join(folder, "model.onnx");
  writeFileSync(path, "an older and longer content");
  await writeFileAtomically(path, Uint8Array.of(0, 255, 10, 13));
  expect([...readFileSync(path)]).toEqual([0, 255, 10, 13]);
});

test("pieces, none, small and large, follow each other in the file", async () => {
  const path = join(folder, "checkpoint.safetensors");
  const sizes = [0, 1, 3, 2 ** 18 - 1, 2, 2 ** 18, 2 ** 18 + 1, 5, 0, 2 ** 20, 7];
  const pieces = sizes.map((size, index) => new Uint8Array(size).map((_, at) => 7 * index + at));
  await writeFileAtomically(path, pieces);
  expect(readFileSync(path).equals(Buffer.concat(pieces))).toBe(true);
  await writeFileAtomically(path, []);
  expect(readFileSync(path)).toHaveLength(0);
});

test("a failed write throws, keeps what was there and leaves no temporary file", async () => {
  const occupied = join(folder, "occupied");
  mkdirSync(occupied);
  writeFileSync(join(occupied, "kept"), "old");
  await expect(writeFileAtomically(occupied, "new")).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(["occupied"]);
  expect(readFileSync(join(occupied, "kept"), "utf8")).toBe("old");
});

test("many writers of one file leave one of their contents, whole", async () => {
  const path = join(folder, "settings.json");
  const contents = Array.from({ length: 20 }, (_, writer) => `${writer}`.repeat(10_000));
  await Promise.all(contents.map((content) => writeFileAtomically(path, content)));
  expect(contents).toContain(readFileSync(path, "utf8"));
  expect(readdirSync(folder)).toEqual(["settings.json"]);
});

test('SHA-256 of "abc" is the one of FIPS 180-2, of text, bytes and a file', async () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const path = join(folder, "abc");
  writeFileSync(path, "abc");
  expect(sha256("abc")).toBe(expected);
  expect(sha256(Uint8Array.of(97, 98, 99))).toBe(expected);
  expect(await sha256OfFile(path)).toBe(expected);
});
