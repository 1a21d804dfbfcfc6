import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { zipSync } from "fflate";
import { beforeEach, expect, test } from "vitest";
import { ignoreProgress } from "../core/progress.ts";
import { loadDataset } from "../dataset/load-dataset.ts";
import { encodePng } from "../images/encode.ts";
import { sharp } from "../images/sharp.ts";
import { type FetchArchiveOptions, fetchArchive } from "./fetch-archive.ts";
import { fetchDataset } from "./fetch-dataset.ts";
import { publicSource } from "./public-sources.ts";

const OPTIONS: FetchArchiveOptions = { retryMs: 1, timeoutMs: 5_000, reportProgress: ignoreProgress };
const SIZE = 96;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "micronuclei-fetch-"));
  return () => rmSync(folder, { recursive: true });
});

/** Serves `content` with ranges; the first answer breaks off after `cutAt` bytes. Tells which ranges were asked for. */
async function serve(content: Uint8Array, cutAt = Number.POSITIVE_INFINITY) {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const body = content.subarray(start);
    const status = start > 0 ? 206 : 200;
    response.writeHead(status, {
      "Content-Length": body.length,
      ETag: '"1"',
      ...(start > 0 ? { "Content-Range": `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    });
    if (ranges.length > 1 || cutAt >= content.length) return response.end(body);
    return response.write(body.subarray(0, cutAt), () => setTimeout(() => response.destroy(), 20));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive.zip`;
  return { url, ranges, [Symbol.asyncDispose]: async () => void server.close() };
}

const disc = (x: number, y: number, radius: number) => (at: number) =>
  Math.hypot((at % SIZE) - x, Math.floor(at / SIZE) - y) <= radius;
const isNucleus = disc(30, 48, 9);
const isOtherNucleus = disc(70, 48, 9);
const isMicronucleus = disc(30, 64, 2);

async function greyTiff(): Promise<Uint8Array> {
  const data = Uint16Array.from({ length: SIZE * SIZE }, (_, at) =>
    isNucleus(at) || isOtherNucleus(at) ? 3000 : isMicronucleus(at) ? 1800 : 200 + (at % 2) * 20,
  );
  const raw = { width: SIZE, height: SIZE, channels: 1 } as const;
  return new Uint8Array(await sharp(data, { raw }).toColourspace("grey16").tiff().toBuffer());
}

/** An RGB mask, a colour for each pixel. */
async function colourMask(colourAt: (at: number) => readonly [number, number, number]): Promise<Uint8Array> {
  const data = Uint8Array.from(Array.from({ length: SIZE * SIZE }, (_, at) => colourAt(at)).flat());
  return await encodePng({ width: SIZE, height: SIZE, channels: 3, data });
}

async function mnfinderArchive(): Promise<Uint8Array> {
  const day = "mnfinder-b3f44816/src/mnfinder/validation-data/2022-05-26_RPE1";
  return zipSync({
    "mnfinder-b3f44816/README.md": new Uint8Array(1000).fill(65),
    [`${day}/images/7.tif`]: await greyTiff(),
    [`${day}/mn_masks/7.png`]: await colourMask((at) => (isMicronucleus(at) ? [255, 0, 4] : [0, 0, 0])),
    [`${day}/nucleus_masks/7.png`]: await colourMask((at) => [0, 0, isNucleus(at) ? 4 : isOtherNucleus(at) ? 5 : 0]),
  });
}

test("a public archive becomes cells with labels, field, group, split, mask and licence", async () => {
  await using server = await serve(await mnfinderArchive());
  const source = { ...publicSource("mnfinder"), archives: [{ file: "mnfinder.zip", url: server.url }] };
  const fetched = await fetchDataset(source, folder, OPTIONS);
  // The window of the other nucleus, 2.6 * 18 = 47 pixels, does not reach its neighbour's micronucleus.
  expect(fetched.cells).toEqual({ mn: 1, normal: 1, ambiguous: 0 });
  const rows = parse(readFileSync(fetched.manifest), { columns: true }) as Record<string, string>[];
  expect(rows[0]).toMatchObject({
    file: "cells/mn/mnfinder_val_2022-05-26_RPE1_7_c004.jpg",
    label: "mn",
    mn_count: "1",
    field: "val_2022-05-26_RPE1_7",
    group: "2022-05-26_RPE1",
    split: "val",
    licence: "MIT",
  });
  expect(existsSync(join(folder, rows[0]!.mask!))).toBe(true);
  expect(readFileSync(join(folder, "LICENSE.txt"), "utf8")).toContain("Lucian DiPeso");
  expect(readFileSync(join(folder, "ATTRIBUTION.md"), "utf8")).toContain("hatch-lab/mnfinder");
  await expect(fetchDataset(source, folder, OPTIONS)).rejects.toMatchObject({ code: "FETCH_FOLDER_IN_USE" });
});

test("BBBC039: small objects go to the near nucleus, and the manifest is one that loads", async () => {
  const masks = zipSync({
    "masks/IXMtest_A02_s1_w1051DAA7C-7042.png": await colourMask((at) =>
      isNucleus(at) ? [1, 0, 0] : isOtherNucleus(at) ? [2, 0, 0] : isMicronucleus(at) ? [3, 0, 0] : [0, 0, 0],
    ),
  });
  const images = zipSync({ "images/IXMtest_A02_s1_w1051DAA7C-7042.tif": await greyTiff() });
  await using imageServer = await serve(images);
  await using maskServer = await serve(masks);
  const archives = [
    { file: "images.zip", url: imageServer.url },
    { file: "masks.zip", url: maskServer.url },
  ];
  const fetched = await fetchDataset({ ...publicSource("bbbc039"), archives }, folder, OPTIONS);
  expect(fetched.cells).toEqual({ mn: 1, normal: 1, ambiguous: 0 });
  const dataset = await loadDataset(fetched.manifest);
  expect(dataset.cells.map(({ field }) => field)).toEqual(["A02_s1_w1051DAA7C", "A02_s1_w1051DAA7C"]);
});

test("a download that breaks off at half goes on from there, and its checksum is kept", async () => {
  const content = new Uint8Array(300_000).map((_, index) => index % 251);
  await using server = await serve(content, 150_000);
  const fetched = await fetchArchive({ file: "a.zip", url: server.url }, folder, OPTIONS);
  expect(server.ranges).toHaveLength(2);
  const resumedAt = Number(/bytes=(\d+)-/.exec(server.ranges[1] ?? "")?.[1]);
  // What a breaking connection still delivers of the half is the system's affair.
  expect(resumedAt).toBeGreaterThan(0);
  expect(resumedAt).toBeLessThanOrEqual(150_000);
  expect(readFileSync(fetched.path).equals(content)).toBe(true);
  const expected = createHash("sha256").update(content).digest("hex");
  expect(readFileSync(`${fetched.path}.sha256`, "utf8")).toBe(`${expected}  a.zip\n`);
  await fetchArchive({ file: "a.zip", url: server.url }, folder, OPTIONS);
  expect(server.ranges).toHaveLength(2);
});

test("an archive that is not the one of the first time is refused", async () => {
  await using server = await serve(new Uint8Array(1000));
  writeFileSync(join(folder, "a.zip.sha256"), `${"0".repeat(64)}  a.zip\n`);
  await expect(fetchArchive({ file: "a.zip", url: server.url }, folder, OPTIONS)).rejects.toMatchObject({
    code: "ARCHIVE_CHECKSUM",
  });
});

test("without a server the message says where to put the file", async () => {
  const archive = { file: "a.zip", url: "http://127.0.0.1:1/a.zip" };
  await expect(fetchArchive(archive, folder, OPTIONS)).rejects.toThrow(/ARCHIVE_UNAVAILABLE|put it there as/);
});

test("an archive that was cut short is refused", async () => {
  const archive = await mnfinderArchive();
  await using server = await serve(archive.slice(0, archive.length / 2));
  const source = { ...publicSource("mnfinder"), archives: [{ file: "mnfinder.zip", url: server.url }] };
  await expect(fetchDataset(source, folder, OPTIONS)).rejects.toMatchObject({ code: "ARCHIVE_UNREADABLE" });
});
