import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tinyCells, tinyModel } from "../../test/scoring/tiny-model.ts";
import { registerScore } from "./score.ts";
import { untilInterrupted } from "./score-run.ts";
import { openCellSource } from "./score-source.ts";

let folder: string;
let cells: string;
let model: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "score-command-"));
  cells = await tinyCells(["mn/a.png", "normal/b.png", "normal/c.png"]);
  model = join(folder, "tiny.onnx");
  await writeFile(model, tinyModel(1));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
  await rm(cells, { recursive: true });
});

/** Runs `mn score ARGS --json`; returns the summary. */
async function score(...args: string[]): Promise<Record<string, unknown>> {
  const program = new Command("mn").option("--json").option("--quiet").exitOverride();
  registerScore(program);
  let output = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  try {
    const options = ["--json", "--quiet", "--device", "cpu", "--threads", "1"];
    await program.parseAsync(["score", ...args, ...options], { from: "user" });
  } finally {
    vi.restoreAllMocks();
  }
  return JSON.parse(output);
}

async function rowsOf(path: string): Promise<string[][]> {
  return (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => line.split(","));
}

test("scores a folder; class folders give the labels; the summary is one JSON document", async () => {
  const out = join(folder, "scores.csv");
  const summary = await score(model, cells, "--out", out, "--threshold", "0");
  expect(summary).toMatchObject({ cells: 3, failed: 0, positive: 3, scores: out, threshold: 0, model });
  const [header, ...rows] = await rowsOf(out);
  expect(header?.slice(0, 4)).toEqual(["file", "label", "probability", "prediction"]);
  expect(rows.map((row) => row.slice(0, 2))).toEqual([
    ["mn/a.png", "mn"],
    ["normal/b.png", "normal"],
    ["normal/c.png", "normal"],
  ]);
});

test("with views, the score is another and the summary says so; a number of views that there is not is refused", async () => {
  const out = (name: string) => join(folder, name);
  expect(await score(model, cells, "--out", out("one.csv"))).toMatchObject({ views: 1 });
  expect(await score(model, cells, "--out", out("eight.csv"), "--views", "8")).toMatchObject({ views: 8, cells: 3 });
  const [one, eight] = [await rowsOf(out("one.csv")), await rowsOf(out("eight.csv"))];
  expect(eight[0]).toEqual(one[0]);
  expect(eight[1]?.[2]).not.toBe(one[1]?.[2]);
  await expect(score(model, cells, "--views", "3")).rejects.toMatchObject({ code: "commander.invalidArgument" });
});

test("scores a manifest: order, ids and other columns stay as they are, unreadable images keep their row", async () => {
  const manifest = join(cells, "slide.csv");
  await writeFile(manifest, "id,file,note,quality\n007,normal/c.png,x,good\n3,gone.png,,\n003,mn/a.png,,\n");
  const out = join(folder, "scores.csv");
  expect(await score(model, manifest, "--out", out)).toMatchObject({ cells: 3, failed: 1 });
  const [header, first, second, third] = await rowsOf(out);
  expect(header?.slice(0, 5)).toEqual(["id", "file", "note", "source_quality", "probability"]);
  expect(first?.slice(0, 4)).toEqual(["007", "normal/c.png", "x", "good"]);
  expect(second?.slice(0, 5)).toEqual(["3", "gone.png", "", "", ""]);
  expect(second?.[header?.indexOf("quality") ?? -1]).toBe("unreadable");
  expect(third?.slice(0, 2)).toEqual(["003", "mn/a.png"]);
});

test("where there is no such model, or no image, the error says what to do", async () => {
  await expect(score(join(folder, "absent.onnx"), cells)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  await expect(score(model, join(folder, "absent"))).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
  await writeFile(join(folder, "empty.csv"), "file,label\n");
  await expect(score(model, join(folder, "empty.csv"))).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
  await expect(score(model, folder, "--out", join(folder, "s.csv"))).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
});

test("a folder with a manifest of its own means that manifest, not every image in it", async () => {
  await writeFile(join(cells, "manifest.csv"), "file,label\nmn/a.png,mn\n");
  const source = await openCellSource([cells], ["normal", "mn"]);
  expect(source.total).toBe(1);
});

test("a folder called normal without one called mn is no class folder", async () => {
  await rm(join(cells, "mn"), { recursive: true });
  for await (const { columns } of (await openCellSource([cells], ["normal", "mn"])).cells()) {
    expect(columns.label).toBeUndefined();
  }
});

test("a source's hash changes with its rows, so that a broken-off scoring of other rows is not continued", async () => {
  const manifest = join(cells, "slide.csv");
  await writeFile(manifest, "file\nmn/a.png\n");
  const hash = async () => (await openCellSource([manifest], [])).sha256;
  const before = await hash();
  expect(await hash()).toBe(before);
  await appendFile(manifest, "normal/b.png\n");
  expect(await hash()).not.toBe(before);
});

test("the first Ctrl-C asks the work to stop; afterwards nobody listens", async () => {
  const listeners = process.listenerCount("SIGINT");
  const aborted = await untilInterrupted(async (signal) => {
    process.emit("SIGINT");
    return signal.aborted;
  });
  expect(aborted).toBe(true);
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});
