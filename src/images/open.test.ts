import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ImageError } from "../core/errors.ts";
import { readImage } from "./decode.ts";
import { encodePng } from "./encode.ts";

const folder = mkdtempSync(join(tmpdir(), "micronuclei-"));
afterAll(() => rmSync(folder, { recursive: true }));
const png = await encodePng({ width: 2, height: 1, channels: 1, data: Uint8Array.of(3, 4) });

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function errorOf(path: string): Promise<{ code: string; namesTheFile: boolean }> {
  const error = await readImage(path).then(
    () => new Error("no error"),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ImageError);
  return { code: error.code, namesTheFile: error.message.includes(path) };
}

test("a missing file, also below a file, is IMAGE_NOT_FOUND", async () => {
  expect(await errorOf(join(folder, "nothing.png"))).toEqual({ code: "IMAGE_NOT_FOUND", namesTheFile: true });
  const below = join(file("plain.png", png), "cell.png");
  expect(await errorOf(below)).toEqual({ code: "IMAGE_NOT_FOUND", namesTheFile: true });
});

test("a folder is IMAGE_IS_FOLDER, even if it is named like an image", async () => {
  const path = join(folder, "cell.png");
  mkdirSync(path);
  expect(await errorOf(path)).toEqual({ code: "IMAGE_IS_FOLDER", namesTheFile: true });
});

test("a file of 0 bytes is IMAGE_EMPTY", async () => {
  expect(await errorOf(file("empty.jpg", ""))).toEqual({ code: "IMAGE_EMPTY", namesTheFile: true });
});

test.each([
  ["text", "file,label\na.png,mn\n"],
  ["one byte", "B"],
  ["SVG, which is a drawing", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
])("%s is IMAGE_FORMAT_UNKNOWN, whatever its extension", async (_, content) => {
  expect(await errorOf(file("other.png", content))).toEqual({ code: "IMAGE_FORMAT_UNKNOWN", namesTheFile: true });
});

test.skipIf(process.platform === "win32")("a pipe is IMAGE_UNREADABLE; nothing waits for it", async () => {
  const path = join(folder, "pipe.png");
  execFileSync("mkfifo", [path]);
  expect(await errorOf(path)).toEqual({ code: "IMAGE_UNREADABLE", namesTheFile: true });
});

// The superuser may read everything, and Windows has other permissions.
const permissionsApply = process.platform !== "win32" && process.getuid?.() !== 0;
test.skipIf(!permissionsApply)("a file that may not be read is IMAGE_NO_PERMISSION (skipped for root)", async () => {
  const path = file("secret.png", png);
  chmodSync(path, 0);
  expect(await errorOf(path)).toEqual({ code: "IMAGE_NO_PERMISSION", namesTheFile: true });
});

test("the content decides the format, not the extension; names may hold any letters", async () => {
  const path = file("Zelle 1 (ü, 細胞).jpg", png);
  expect(await readImage(path)).toMatchObject({ format: "png", data: Uint8Array.of(3, 4) });
});

test("bytes in memory that are no image are an error too", async () => {
  await expect(readImage(new Uint8Array(0))).rejects.toMatchObject({ code: "IMAGE_EMPTY" });
  await expect(readImage(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
    code: "IMAGE_FORMAT_UNKNOWN",
    message: expect.stringContaining("01 02 03"),
  });
});
