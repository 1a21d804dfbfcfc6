import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256OfFile } from "../core/files.ts";
import { type SynthesisSettings, synthesizeDataset } from "./synthesize-dataset.ts";

const settings = { cells: 40, fields: 8, stain: "both", prevalence: 0.3, seed: 3, side: 64 } as const;
let root = "";
let rows: Record<string, string>[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "synthesis-"));
  const { manifest } = await synthesizeDataset({ ...settings, outFolder: join(root, "drawn") });
  rows = parse(await readFile(manifest), { columns: true });
});

afterAll(() => rm(root, { recursive: true }));

/** Values of a mask file, 16 bits. */
async function readMask(file: string): Promise<Uint16Array> {
  const { data } = await sharp(join(root, "drawn", file))
    .toColourspace("grey16")
    .raw({ depth: "ushort" })
    .toBuffer({ resolveWithObject: true });
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

async function hashes(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.sort().map(async (file) => `${file.slice(folder.length)} ${await sha256OfFile(file)}`));
}

test("the prevalence is exact: 12 of 40 cells are positive, 1 or 2 of the 5 in each field", () => {
  expect(rows).toHaveLength(40);
  expect(rows.filter(({ label }) => label === "mn")).toHaveLength(12);
  for (const field of new Set(rows.map((row) => row.field))) {
    const positives = rows.filter((row) => row.field === field && row.label === "mn").length;
    expect(positives === 1 || positives === 2).toBe(true);
  }
});

test("label, folder, mn_count and the number of instances in the mask agree in every row", async () => {
  for (const row of rows) {
    const instances = new Set(await readMask(row.mask ?? ""));
    instances.delete(0);
    expect(instances.size).toBe(Number(row.mn_count));
    expect(row.label).toBe(instances.size > 0 ? "mn" : "normal");
    expect(row.file).toBe(`images/${row.label}/${row.id}.png`);
    expect(Math.max(...(await readMask(row.nucleus_mask ?? "")))).toBeGreaterThanOrEqual(1);
  }
});

test("a slide has one stain and two fields; images are RGB for Giemsa and grey for DAPI, of the side asked for", async () => {
  const stainOf = new Map(rows.map(({ slide, stain }) => [slide, stain]));
  for (const row of rows) {
    expect(row.stain).toBe(stainOf.get(row.slide));
    const { width, height, channels } = await sharp(join(root, "drawn", row.file ?? "")).metadata();
    expect([width, height, channels]).toEqual([64, 64, row.stain === "giemsa" ? 3 : 1]);
  }
  expect([...stainOf.values()]).toEqual(["giemsa", "dapi", "giemsa", "dapi"]);
});

test("every cell's parameters are on a line of parameters.jsonl, its hard case as in the manifest", async () => {
  const lines = (await readFile(join(root, "drawn", "parameters.jsonl"), "utf8")).trim().split("\n");
  const parameters = lines.map((line) => JSON.parse(line) as { id: string; hardCase: string | null });
  expect(parameters.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
  expect(parameters.map(({ hardCase }) => hardCase ?? "none")).toEqual(rows.map((row) => row.hard_case));
});

test("same settings, same bytes in every file; another seed, other bytes", async () => {
  const again: SynthesisSettings = { ...settings, outFolder: join(root, "again") };
  await synthesizeDataset(again);
  await synthesizeDataset({ ...again, outFolder: join(root, "other"), seed: 4 });
  const drawn = await hashes(join(root, "drawn"));
  expect(drawn).toHaveLength(3 * 40 + 2);
  expect(await hashes(join(root, "again"))).toEqual(drawn);
  expect(await hashes(join(root, "other"))).not.toEqual(drawn);
});

test("progress counts up to the number of cells", async () => {
  const done: number[] = [];
  const outFolder = join(root, "progress");
  await synthesizeDataset({ ...settings, cells: 4, fields: 2, outFolder }, (progress) => done.push(progress.done));
  expect(done).toEqual([1, 2, 3, 4]);
});

test("a folder with files in it is refused and left alone", async () => {
  const outFolder = await mkdtemp(join(root, "used-"));
  await writeFile(join(outFolder, "notes.txt"), "mine");
  await expect(synthesizeDataset({ ...settings, outFolder })).rejects.toMatchObject({
    code: "SYNTHESIS_FOLDER_IN_USE",
  });
  expect(await readdir(outFolder)).toEqual(["notes.txt"]);
});

test("more fields than cells are refused before anything is written", async () => {
  const outFolder = join(root, "never");
  const request = synthesizeDataset({ ...settings, cells: 3, outFolder });
  await expect(request).rejects.toMatchObject({ code: "SYNTHESIS_FIELDS" });
  expect(await readdir(root)).not.toContain("never");
});
