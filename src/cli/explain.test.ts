import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { askPlainly, TINY_SIDE, tinyCell, tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { decodeNpy } from "../core/npy.ts";
import { readManifest } from "../dataset/manifest.ts";
import { readImage } from "../images/decode.ts";
import { encodePng16 } from "../images/encode.ts";
import { registerExplain } from "./explain.ts";

const NAMES = ["a.png", "b.png", "c.png", "d.png"];

let folder: string;
let cells: string;
let model: string;
let manifest: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "explain-command-"));
  cells = await tinyCells(NAMES);
  model = join(folder, "tiny.onnx");
  await writeFile(model, tinyModel(1));
  // Of a, the left half is marked; of b, nothing; c's mask is another image's; d has none.
  await writeMask("mask-a.png", TINY_SIDE, TINY_SIDE, (x) => x < 33);
  await writeMask("mask-b.png", TINY_SIDE, TINY_SIDE, () => false);
  await writeMask("mask-c.png", TINY_SIDE, 2 * TINY_SIDE, () => true);
  manifest = join(cells, "slide.csv");
  const rows = ["a.png,mn,7,mask-a.png", "b.png,normal,8,mask-b.png", "c.png,mn,9,mask-c.png", "d.png,,10,"];
  await writeFile(manifest, `file,label,id,mask\n${rows.join("\n")}\ngone.png,mn,11,\n`);
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(cells, { recursive: true });
});

async function writeMask(name: string, width: number, height: number, isMarked: (x: number) => boolean): Promise<void> {
  const data = Uint16Array.from({ length: width * height }, (_, pixel) => (isMarked(pixel % width) ? 1 : 0));
  await writeFile(join(cells, name), await encodePng16({ width, height, data }));
}

/** Runs `mn explain ARGS --json`; returns the summary. */
async function explain(...args: string[]) {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerExplain(program);
  let output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  const options = ["--json", "--quiet", "--device", "cpu", "--threads", "1"];
  await program.parseAsync(["explain", ...args, ...options], { from: "user" });
  return JSON.parse(output);
}

test("a manifest: panels, raw maps, a table and a gallery; every row is in the table, also the unreadable one", async () => {
  const out = join(folder, "plain");
  const summary = await explain(model, manifest, "--out", out, "--threshold", "0");
  expect(summary).toMatchObject({ cells: 5, failed: 1, positive: 4, wrong: 1, threshold: 0, localisation: null });
  const rows = [];
  for await (const { columns } of readManifest(join(out, "explanations.csv"))) rows.push(columns);
  expect(rows.map(({ id }) => id)).toEqual(["7", "8", "9", "10", "11"]);
  expect(rows[4]).toMatchObject({
    panel: "",
    quality: "unreadable",
    error: expect.stringContaining("IMAGE_NOT_FOUND"),
  });
  const { floats } = await askPlainly(tinyModel(1), [tinyCell(0)]);
  const map = decodeNpy(await readFile(join(out, rows[0]?.attention_6 ?? "")));
  expect(map.shape).toEqual([3, 3]);
  floats("attention_6").forEach((value, place) => {
    expect(map.data[place]).toBeCloseTo(value, 5);
  });
  expect(await readImage(join(out, rows[0]?.panel ?? ""))).toMatchObject({ format: "png", channels: 3 });
  const page = await readFile(join(out, "index.html"), "utf8");
  expect(page.match(/<li data-call/g)).toHaveLength(4);
  expect(page).toContain("1 image has no score and no map.");
  expect(page.match(/data:image\/jpeg/g)).toHaveLength(4 * 4);
});

test("--masks measures the cells whose masks mark something, and counts the others by reason", async () => {
  const out = join(folder, "masks");
  const { localisation } = await explain(model, manifest, "--out", out, "--masks", "mask", "--randomise");
  expect(localisation).toMatchObject({ masks: "mask", cells: 1, emptyMasks: 1, missingMasks: 1, unreadableMasks: 1 });
  expect(localisation.layers.attention_6).toMatchObject({ cells: 1, unit: "cell", units: 1, pointing_ci95: null });
  expect(localisation.layers.attention_6.chance).toBeCloseTo(33 / TINY_SIDE, 10);
  expect(Object.keys(localisation.randomised.layers).sort()).toEqual(["attention_5", "attention_6", "evidence"]);
  expect(localisation.randomised.layers).not.toEqual(localisation.layers);
  expect(JSON.parse(await readFile(join(out, "localisation.json"), "utf8"))).toEqual(localisation);
});

test("masks may lie in a folder, under their images' names", async () => {
  const masks = await tinyCells([]);
  await writeFile(join(masks, "a.png"), await readFile(join(cells, "mask-a.png")));
  const { localisation } = await explain(model, manifest, "--out", join(folder, "in-folder"), "--masks", masks);
  expect(localisation).toMatchObject({ cells: 1, missingMasks: 3 });
  await rm(masks, { recursive: true });
});

test("equal input gives equal bytes", async () => {
  const outs = [join(folder, "once"), join(folder, "twice")];
  for (const out of outs)
    await explain(model, join(cells, "a.png"), join(cells, "b.png"), "--out", out, "--scale", "full");
  const [once, twice] = await Promise.all(outs.map((out) => readFile(join(out, "index.html"))));
  expect(once).toEqual(twice);
  expect(String(once)).toContain('aria-label="attention of layer 5, 0.00 to 1.00"');
});

test("what cannot be explained is wrong usage: a model alone, masks that are nowhere, random weights without masks", async () => {
  await expect(explain(model)).rejects.toMatchObject({ code: "NOTHING_TO_EXPLAIN" });
  await expect(explain(model, manifest, "--masks", "nowhere")).rejects.toMatchObject({ code: "MASKS_NOT_FOUND" });
  await expect(explain(model, manifest, "--randomise")).rejects.toMatchObject({ code: "RANDOMISE_NEEDS_MASKS" });
});
